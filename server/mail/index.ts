import type { Mail } from "../../emails/index.ts";
import { renderMail } from "../../emails/index.ts";
import type { PortalEnv } from "../env.ts";
import type { Logger } from "../log.ts";
import { createMailbox } from "./mailbox.ts";
import { createSmtpTransport } from "./smtp.ts";
import type { MailTransport } from "./transport.ts";

export type { Mail } from "../../emails/index.ts";
export { type CapturedMail, findCapturedMail, listCapturedMail } from "./mailbox.ts";
export type { MailTransport, OutgoingMail } from "./transport.ts";

export interface Mailer {
  readonly kind: MailTransport["kind"];
  /**
   * Renders and hands over one mail, trying again when the way fails. Never throws: what could not be sent is
   * logged as an error and told by the answer.
   *
   * @param to one plain address
   */
  send(to: string, mail: Mail): Promise<"sent" | "failed">;
  close(): void;
}

/** The transport of the configuration: SMTP when there is a server, else the mailbox folder. */
export function createTransportFor(mail: PortalEnv["mail"]): MailTransport {
  return mail.kind === "smtp" ? createSmtpTransport(mail.url) : createMailbox(mail.directory);
}

/** @param retryDelaysMs waits before the second, third ... try */
export function createMailer(deps: {
  transport: MailTransport;
  from: string;
  log: Logger;
  retryDelaysMs?: readonly number[];
}): Mailer {
  const { transport, from, log, retryDelaysMs = [1_000, 5_000] } = deps;
  return {
    kind: transport.kind,
    async send(to, mail) {
      for (let attempt = 0; ; attempt++) {
        try {
          const rendered = await renderMail(mail);
          await transport.deliver({ to, from, kind: mail.kind, ...rendered });
          log.info({ kind: mail.kind, transport: transport.kind }, "mail handed over");
          return "sent";
        } catch (error) {
          const delay = retryDelaysMs[attempt];
          if (delay === undefined) {
            log.error(
              { kind: mail.kind, transport: transport.kind, attempts: attempt + 1, error },
              "mail not sent",
            );
            return "failed";
          }
          log.warn({ kind: mail.kind, transport: transport.kind, error }, "mail delayed");
          await new Promise((resolve) => setTimeout(resolve, delay));
        }
      }
    },
    close: () => transport.close(),
  };
}
