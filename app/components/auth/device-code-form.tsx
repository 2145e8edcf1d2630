import { Form } from "@remix-run/react";
import { Button } from "~/components/ui/button.tsx";
import { TextField } from "~/components/ui/field.tsx";
import { paths } from "~/lib/paths.ts";
import { type Problem, problemAt, problemElsewhere } from "~/lib/problem.ts";
import { AuthPage } from "./auth-page.tsx";

interface DeviceCodeFormProps {
  userCode: string;
  problem?: Problem | null;
  busy: boolean;
}

/** The code has to be sent by hand even when the link brought it: the person compares it with their terminal. */
export function DeviceCodeForm({ userCode, problem, busy }: DeviceCodeFormProps) {
  return (
    <AuthPage
      title="Allow a device"
      lead={
        <>
          <code>hotspot login</code> in your terminal shows a code. Is it this one?
        </>
      }
      problem={problemElsewhere(problem, ["userCode"])}
    >
      <Form method="post" action={paths.device} className="grid gap-5">
        <TextField
          label="Code"
          name="userCode"
          defaultValue={userCode}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          required
          maxLength={20}
          className="font-mono text-[1.2rem] tracking-[0.12em] uppercase"
          error={problemAt(problem, "userCode")}
        />
        <Button type="submit" busy={busy}>
          Continue
        </Button>
      </Form>
    </AuthPage>
  );
}
