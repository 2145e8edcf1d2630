import { type ActionFunctionArgs, data, type LoaderFunctionArgs } from "@remix-run/node";
import { Form, Link, useActionData, useLoaderData } from "@remix-run/react";
import { AuthPage } from "~/components/auth/auth-page.tsx";
import { MailSent } from "~/components/auth/mail-sent.tsx";
import { Button } from "~/components/ui/button.tsx";
import { TextField } from "~/components/ui/field.tsx";
import { formText } from "~/lib/form-text.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";
import { problemAt, problemElsewhere } from "~/lib/problem.ts";
import { useBusy } from "~/lib/use-busy.ts";

export const meta = () => pageTitle("Reset your password");

export async function loader({ context }: LoaderFunctionArgs) {
  return { mailboxUrl: context.config.mailboxUrl, email: context.session?.user.email ?? "" };
}

export async function action({ context, request }: ActionFunctionArgs) {
  const email = formText(await request.formData(), "email");
  const result = await context.auth.requestPasswordReset({ email });
  if (!result.ok) return { sentTo: null, problem: result };
  return data({ sentTo: email, problem: null }, { headers: result.headers });
}

export default function ForgotPassword() {
  const { mailboxUrl, email } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const busy = useBusy();
  if (answer?.sentTo) {
    return (
      <MailSent
        title="Check your mail"
        email={answer.sentTo}
        text="If the address has an account, the mail has a link to set a new password."
        mailboxUrl={mailboxUrl}
        resendTo={paths.forgotPassword}
        busy={busy}
      />
    );
  }
  return (
    <AuthPage
      title="Reset your password"
      lead="We mail you a link to set a new one. Your old password works until then."
      problem={problemElsewhere(answer?.problem, ["email"])}
      below={
        <Link to={paths.signIn()} className="link">
          Back to sign in
        </Link>
      }
    >
      <Form method="post" className="grid gap-5">
        <TextField
          label="Email"
          name="email"
          type="email"
          autoComplete="username"
          inputMode="email"
          defaultValue={email}
          required
          error={problemAt(answer?.problem, "email")}
        />
        <Button type="submit" busy={busy}>
          Send the link
        </Button>
      </Form>
    </AuthPage>
  );
}
