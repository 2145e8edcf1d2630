import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { AuthPage } from "~/components/auth/auth-page.tsx";
import { Button, ButtonLink } from "~/components/ui/button.tsx";
import { PasswordField } from "~/components/ui/password-field.tsx";
import { formText, rawText } from "~/lib/form-text.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";
import { problemAt, problemElsewhere } from "~/lib/problem.ts";
import { useBusy } from "~/lib/use-busy.ts";

export const meta = () => pageTitle("Set a new password");

export async function loader({ context, request }: LoaderFunctionArgs) {
  const token = new URL(request.url).searchParams.get("token");
  return { token, passwordLength: context.config.passwordLength };
}

export async function action({ context, request }: ActionFunctionArgs) {
  const form = await request.formData();
  const result = await context.auth.resetPassword({
    token: formText(form, "token"),
    password: rawText(form, "password"),
  });
  if (!result.ok) return { problem: result };
  throw redirect(`${paths.signIn()}?done=password-reset`, { headers: result.headers });
}

export default function ResetPassword() {
  const { token, passwordLength } = useLoaderData<typeof loader>();
  const problem = useActionData<typeof action>()?.problem;
  const busy = useBusy();
  if (!token || problem?.field === "token") return <DeadLink message={problem?.message} />;
  return (
    <AuthPage
      title="Set a new password"
      lead="You are signed out everywhere else when it is set."
      problem={problemElsewhere(problem, ["password"])}
    >
      <Form method="post" className="grid gap-5">
        <input type="hidden" name="token" value={token} />
        <PasswordField
          label="New password"
          autoComplete="new-password"
          length={passwordLength}
          hint={`At least ${passwordLength.min} characters.`}
          error={problemAt(problem, "password")}
        />
        <Button type="submit" busy={busy}>
          Set the password
        </Button>
      </Form>
    </AuthPage>
  );
}

function DeadLink({ message }: { message?: string }) {
  return (
    <AuthPage
      title="This link does not work any more"
      lead={message ?? "A reset link works once, for a limited time. Ask for a new one."}
    >
      <ButtonLink to={paths.forgotPassword} className="justify-self-start">
        Send a new link
      </ButtonLink>
    </AuthPage>
  );
}
