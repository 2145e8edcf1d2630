import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { Form, Link, useActionData, useLoaderData } from "@remix-run/react";
import { AuthPage } from "~/components/auth/auth-page.tsx";
import { MailboxHint } from "~/components/auth/mailbox-hint.tsx";
import { Button } from "~/components/ui/button.tsx";
import { TextField } from "~/components/ui/field.tsx";
import { PasswordField } from "~/components/ui/password-field.tsx";
import { formText, rawText } from "~/lib/form-text.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";
import { problemAt, problemElsewhere } from "~/lib/problem.ts";
import { safeNext } from "~/lib/safe-next.ts";
import { useBusy } from "~/lib/use-busy.ts";

export const meta = () => pageTitle("Sign in");

export async function loader({ context, request }: LoaderFunctionArgs) {
  if (context.session) throw redirect(nextOf(request));
  return { mailboxUrl: context.config.mailboxUrl };
}

export async function action({ context, request }: ActionFunctionArgs) {
  const form = await request.formData();
  const email = formText(form, "email");
  const result = await context.auth.signIn({ email, password: rawText(form, "password") });
  if (!result.ok) return { email, problem: result };
  throw redirect(nextOf(request), { headers: result.headers });
}

function nextOf(request: Request): string {
  return safeNext(new URL(request.url).searchParams.get("next"), paths.endpoints);
}

export default function SignIn() {
  const { mailboxUrl } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const problem = answer?.problem;
  const unverified = problem?.code === "email_not_verified";
  return (
    <AuthPage
      title="Sign in"
      problem={problemElsewhere(problem, ["email", "password"])}
      below={
        <>
          New here?{" "}
          <Link to={paths.signUp} className="link">
            Create an account
          </Link>
        </>
      }
    >
      {unverified ? <MailboxHint mailboxUrl={mailboxUrl} /> : null}
      <Form method="post" className="grid gap-5">
        <TextField
          label="Email"
          name="email"
          type="email"
          autoComplete="username"
          inputMode="email"
          defaultValue={answer?.email}
          required
          error={problemAt(problem, "email")}
        />
        <PasswordField
          label="Password"
          autoComplete="current-password"
          error={problemAt(problem, "password")}
          aside={
            <Link to={paths.forgotPassword} className="link text-[0.933rem]">
              Forgot it?
            </Link>
          }
        />
        <Button type="submit" busy={useBusy()}>
          Sign in
        </Button>
      </Form>
    </AuthPage>
  );
}
