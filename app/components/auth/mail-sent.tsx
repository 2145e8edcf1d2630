import { Form } from "@remix-run/react";
import { Button } from "~/components/ui/button.tsx";
import { AuthPage } from "./auth-page.tsx";
import { MailboxHint } from "./mailbox-hint.tsx";

interface MailSentProps {
  title: string;
  email: string;
  /** What the link in the mail does. */
  text: string;
  mailboxUrl: string | null;
  /** Where a form with `email` asks for the mail again. */
  resendTo?: string;
  busy: boolean;
}

/** The same words whether or not the address has an account: the page must not tell. */
export function MailSent({ title, email, text, mailboxUrl, resendTo, busy }: MailSentProps) {
  return (
    <AuthPage
      title={title}
      lead={
        <p role="status">
          We wrote to <strong className="font-semibold break-all text-ink">{email}</strong>. {text}
        </p>
      }
    >
      <MailboxHint mailboxUrl={mailboxUrl} />
      {resendTo ? (
        <Form method="post" action={resendTo} className="flex flex-wrap items-center gap-3">
          <input type="hidden" name="email" value={email} />
          <Button type="submit" look="quiet" busy={busy}>
            Send it again
          </Button>
          <span className="text-mute">Nothing there? Look in the spam folder first.</span>
        </Form>
      ) : null}
    </AuthPage>
  );
}
