import { createTransport } from "nodemailer";
import type { MailTransport } from "./transport.ts";

/** Milliseconds for connecting, the greeting and a silent server: a mail server that is not there is found out soon. */
const timeoutMs = 10_000;

/** Sends over SMTP with a small pool of connections. @param url `smtp://` or `smtps://`, credentials included */
export function createSmtpTransport(url: string): MailTransport {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: 3,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs * 3,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    kind: "smtp",
    async deliver({ to, from, subject, html, text }) {
      await transport.sendMail({
        to: { name: "", address: to },
        from,
        subject,
        html,
        text,
        headers: { "Auto-Submitted": "auto-generated" },
      });
    },
    close: () => transport.close(),
  };
}
