import { Form } from "@remix-run/react";
import { Button } from "~/components/ui/button.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { paths } from "~/lib/paths.ts";
import { AuthPage } from "./auth-page.tsx";

interface DeviceDecisionProps {
  device: { userCode: string; clientId: string; status: "pending" | "approved" | "denied" };
  email: string;
  busy: boolean;
}

export function DeviceDecision({ device, email, busy }: DeviceDecisionProps) {
  return (
    <AuthPage title="Sign this device in?">
      <dl className="grid grid-cols-[auto_1fr] gap-x-5 gap-y-2">
        <dt className="text-mute">Program</dt>
        <dd className="font-mono">{device.clientId}</dd>
        <dt className="text-mute">Code</dt>
        <dd className="font-mono">{device.userCode}</dd>
        <dt className="text-mute">Account</dt>
        <dd className="break-all">{email}</dd>
      </dl>
      <Notice tone="warn">
        It will be able to manage your endpoints. Allow it only when you have started it yourself, just now.
      </Notice>
      <Form method="post" action={paths.device} className="flex flex-wrap gap-2">
        <input type="hidden" name="userCode" value={device.userCode} />
        <Button type="submit" name="decision" value="allow" busy={busy}>
          Allow
        </Button>
        <Button type="submit" name="decision" value="refuse" look="quiet" disabled={busy}>
          Refuse
        </Button>
      </Form>
    </AuthPage>
  );
}
