import { type ActionFunctionArgs, data, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { Form, Link, useActionData, useLoaderData } from "@remix-run/react";
import { AuthPage } from "~/components/auth/auth-page.tsx";
import { MailSent } from "~/components/auth/mail-sent.tsx";
import { Button } from "~/components/ui/button.tsx";
import { TextField } from "~/components/ui/field.tsx";
import { PasswordField } from "~/components/ui/password-field.tsx";
import { formText, rawText } from "~/lib/form-text.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";
import { problemAt, problemElsewhere } from "~/lib/problem.ts";
import { useBusy } from "~/lib/use-busy.ts";

export const meta = () => pageTitle("Sign up");

export async function loader({ context }: LoaderFunctionArgs) {
  if (context.session) throw redirect(paths.endpoints);
  const { mailboxUrl, passwordLength } = context.config;
  return { mailboxUrl, passwordLength };
}

export async function action({ context, request }: ActionFunctionArgs) {
  const form = await request.formData();
  const values = { name: formText(form, "name"), email: formText(form, "email") };
  const result = await context.auth.signUp({ ...values, password: rawText(form, "password") });
  if (!result.ok) return { sentTo: null, values, problem: result };
  return data({ sentTo: values.email, values, problem: null }, { headers: result.headers });
}

export default function SignUp() {
  const { mailboxUrl, passwordLength } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const busy = useBusy();
  if (answer?.sentTo) {
    return (
      <MailSent
        title="Check your mail"
        email={answer.sentTo}
        text="The link in it confirms your address and takes you to choosing your subdomain."
        mailboxUrl={mailboxUrl}
        resendTo={paths.verifyEmail()}
        busy={busy}
      />
    );
  }
  const problem = answer?.problem;
  return (
    <AuthPage
      title="Create your account"
      lead="Free, no card. Two minutes to your first public address."
      problem={problemElsewhere(problem, ["name", "email", "password"])}
      below={
        <>
          Have an account?{" "}
          <Link to={paths.signIn()} className="link">
            Sign in
          </Link>
        </>
      }
    >
      <Form method="post" className="grid gap-5">
        <TextField
          label="Name"
          name="name"
          autoComplete="name"
          maxLength={80}
          required
          error={problemAt(problem, "name")}
        />
        <TextField
          label="Email"
          name="email"
          type="email"
          autoComplete="username"
          inputMode="email"
          required
          error={problemAt(problem, "email")}
        />
        <PasswordField
          label="Password"
          autoComplete="new-password"
          length={passwordLength}
          hint={`At least ${passwordLength.min} characters. A sentence is easier to remember than a puzzle.`}
          error={problemAt(problem, "password")}
        />
        <Button type="submit" busy={busy}>
          Create account
        </Button>
      </Form>
    </AuthPage>
  );
}
