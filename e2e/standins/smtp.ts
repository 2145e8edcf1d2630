import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { afterAll } from "vitest";

export interface SmtpStandIn {
  /** For SMTP_URL. */
  readonly url: string;
  /** Envelope and raw message of what was taken over, in order. */
  readonly received: { from: string; to: string[]; message: string }[];
}

/** A mail server that keeps what it is given; closed after the test file. */
export async function startSmtp(options: { refuse?: (to: string) => boolean } = {}): Promise<SmtpStandIn> {
  const received: SmtpStandIn["received"] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onRcptTo(address, _session, done) {
      if (options.refuse?.(address.address)) done(new Error("no such mailbox"));
      else done();
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom ? mailFrom.address : "",
          to: rcptTo.map(({ address }) => address),
          message: Buffer.concat(chunks).toString("utf8"),
        });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`, received };
}
