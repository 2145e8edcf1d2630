import { Form, useNavigation } from "@remix-run/react";
import { Button } from "~/components/ui/button.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { paths } from "~/lib/paths.ts";
import { SeatsField } from "./seats-field.tsx";

interface ChangeSeatsFormProps {
  plan: string;
  initial: number;
  min: number;
  max: number;
  error: string | null;
}

/** Another number of seats, to see what that would cost. */
export function ChangeSeatsForm({ plan, ...seats }: ChangeSeatsFormProps) {
  const busy = useNavigation().state === "loading";
  return (
    <Panel>
      <Form method="get" action={paths.billingChange()} className="flex flex-wrap items-center gap-4">
        <input type="hidden" name="plan" value={plan} />
        <SeatsField {...seats} compact />
        <Button type="submit" look="quiet" busy={busy}>
          Work it out
        </Button>
      </Form>
    </Panel>
  );
}
