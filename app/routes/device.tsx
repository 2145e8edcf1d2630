import { type ActionFunctionArgs, data, type LoaderFunctionArgs } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { requireSession } from "~/bridge/require-session.server.ts";
import { DeviceCodeForm } from "~/components/auth/device-code-form.tsx";
import { DeviceDecision } from "~/components/auth/device-decision.tsx";
import { DeviceOutcome } from "~/components/auth/device-outcome.tsx";
import { formText } from "~/lib/form-text.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { useBusy } from "~/lib/use-busy.ts";

export const meta = () => pageTitle("Allow a device");

export async function loader(args: LoaderFunctionArgs) {
  const session = requireSession(args);
  const search = new URL(args.request.url).searchParams;
  return { userCode: search.get("user_code") ?? "", email: session.user.email };
}

/** Three answers of one form: look the code up, then allow it or not. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const { auth } = args.context;
  const form = await args.request.formData();
  const userCode = formText(form, "userCode").toUpperCase();
  const decision = formText(form, "decision");
  if (decision === "allow" || decision === "refuse") {
    const result = await (decision === "allow"
      ? auth.approveDevice({ userCode })
      : auth.denyDevice({ userCode }));
    if (result.ok)
      return data({ step: "decided", allowed: decision === "allow" } as const, { headers: result.headers });
    return { step: "code", userCode, problem: result } as const;
  }
  const found = await auth.findDevice({ userCode });
  if (!found.ok) return { step: "code", userCode, problem: found } as const;
  return { step: "decide", device: found.device } as const;
}

export default function Device() {
  const { userCode, email } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const busy = useBusy();
  if (answer?.step === "decided") return <DeviceOutcome allowed={answer.allowed} />;
  if (answer?.step === "decide") return <DeviceDecision device={answer.device} email={email} busy={busy} />;
  return <DeviceCodeForm userCode={answer?.userCode ?? userCode} problem={answer?.problem} busy={busy} />;
}
