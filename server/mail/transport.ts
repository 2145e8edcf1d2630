/** A finished message, ready to travel. */
export interface OutgoingMail {
  /** One plain address. */
  readonly to: string;
  readonly from: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** Which template made it; for logs and the mailbox. */
  readonly kind: string;
}

/** Something that brings mail on its way. */
export interface MailTransport {
  readonly kind: "smtp" | "mailbox";
  /** Resolves when the message was taken over. @throws whatever the way there fails with */
  deliver(mail: OutgoingMail): Promise<void>;
  close(): void;
}
