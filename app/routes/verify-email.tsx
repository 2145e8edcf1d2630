import { type ActionFunctionArgs, data, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { Form, useActionData, useLoaderData, useSubmit } from "@remix-run/react";
import { useEffect, useRef } from "react";
import { AuthPage } from "~/components/auth/auth-page.tsx";
import { MailSent } from "~/components/auth/mail-sent.tsx";
import { Button } from "~/components/ui/button.tsx";
import { TextField } from "~/components/ui/field.tsx";
import { formText } from "~/lib/form-text.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";
import { problemAt, problemElsewhere } from "~/lib/problem.ts";
import { useBusy } from "~/lib/use-busy.ts";

export const meta = () => pageTitle("Confirm your address");

export async function loader({ context, request }: LoaderFunctionArgs) {
  return {
    token: new URL(request.url).searchParams.get("token"),
    mailboxUrl: context.config.mailboxUrl,
  };
}

/** Redeems the link's token, or sends the link again when the form has an address instead. */
export async function action({ context, request }: ActionFunctionArgs) {
  const form = await request.formData();
  const token = formText(form, "token");
  const email = formText(form, "email");
  const result = token
    ? await context.auth.verifyEmail({ token })
    : await context.auth.resendVerification({ email });
  if (!result.ok) return { sentTo: null, problem: result };
  if (token) throw redirect(paths.start, { headers: result.headers });
  return data({ sentTo: email, problem: null }, { headers: result.headers });
}

export default function VerifyEmail() {
  const { token, mailboxUrl } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const busy = useBusy();
  if (answer?.sentTo) {
    return (
      <MailSent
        title="Check your mail"
        email={answer.sentTo}
        text="The link in it confirms your address."
        mailboxUrl={mailboxUrl}
        resendTo={paths.verifyEmail()}
        busy={busy}
      />
    );
  }
  if (token && !answer) return <Redeem token={token} busy={busy} />;
  return (
    <AuthPage
      title={answer ? "This link does not work any more" : "Confirm your address"}
      lead="Enter your address and we send you a new link. It works once, for a limited time."
      problem={problemElsewhere(answer?.problem, ["email"])}
    >
      <Form method="post" action={paths.verifyEmail()} className="grid gap-5">
        <TextField
          label="Email"
          name="email"
          type="email"
          autoComplete="username"
          required
          error={problemAt(answer?.problem, "email")}
        />
        <Button type="submit" busy={busy}>
          Send a new link
        </Button>
      </Form>
    </AuthPage>
  );
}

/** Sends itself. A mail scanner that merely opens the link uses up nothing. */
function Redeem({ token, busy }: { token: string; busy: boolean }) {
  const form = useRef<HTMLFormElement>(null);
  const submit = useSubmit();
  const sent = useRef(false);
  useEffect(() => {
    if (sent.current) return;
    sent.current = true;
    submit(form.current, { replace: true });
  }, [submit]);
  return (
    <AuthPage title="Confirm your address" lead="One moment: this goes on by itself.">
      <Form ref={form} method="post" action={paths.verifyEmail()} className="grid">
        <input type="hidden" name="token" value={token} />
        <Button type="submit" busy={busy}>
          Confirm my address
        </Button>
      </Form>
    </AuthPage>
  );
}
