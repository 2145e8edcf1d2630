import { Form } from "@remix-run/react";
import { AuthPage } from "~/components/auth/auth-page.tsx";
import { Button } from "~/components/ui/button.tsx";
import { FieldFrame, TextField } from "~/components/ui/field.tsx";
import { abuseReasons } from "~/lib/abuse-report.ts";
import { type Problem, problemAt, problemElsewhere } from "~/lib/problem.ts";

interface AbuseFormProps {
  baseDomain: string;
  address: string;
  problem?: Problem | null;
  busy: boolean;
}

export function AbuseForm({ baseDomain, address, problem, busy }: AbuseFormProps) {
  return (
    <AuthPage
      title="Report abuse"
      lead="Somebody uses an address of ours to harm you or others? Tell us. You need no account."
      problem={problemElsewhere(problem, ["slug", "reason", "detail", "email"])}
    >
      <Form method="post" className="grid gap-5">
        <TextField
          label="Address"
          name="slug"
          defaultValue={address}
          placeholder={`https://name.${baseDomain}`}
          autoComplete="off"
          required
          maxLength={300}
          error={problemAt(problem, "slug")}
        />
        <FieldFrame label="What is wrong with it" error={problemAt(problem, "reason")}>
          {(control) => (
            <select {...control} name="reason" className="control" required>
              {abuseReasons.map((reason) => (
                <option key={reason.value} value={reason.value}>
                  {reason.label}
                </option>
              ))}
            </select>
          )}
        </FieldFrame>
        <FieldFrame
          label="What did you see"
          hint="A path, a time, a copy of the message that led you there: whatever helps to find it again."
          error={problemAt(problem, "detail")}
        >
          {(control) => (
            <textarea {...control} name="detail" rows={5} maxLength={4000} required className="control" />
          )}
        </FieldFrame>
        <TextField
          label="Your email (optional)"
          name="email"
          type="email"
          autoComplete="email"
          hint="Only if we may ask back."
          error={problemAt(problem, "email")}
        />
        <Button type="submit" busy={busy}>
          Send the report
        </Button>
      </Form>
    </AuthPage>
  );
}
