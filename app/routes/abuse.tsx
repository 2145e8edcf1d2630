import type { ActionFunctionArgs, LoaderFunctionArgs } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { attempt } from "~/bridge/form-problem.server.ts";
import { AbuseForm } from "~/components/abuse/abuse-form.tsx";
import { AuthPage } from "~/components/auth/auth-page.tsx";
import { readAbuseReport } from "~/lib/abuse-report.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { useBusy } from "~/lib/use-busy.ts";

export const meta = () => pageTitle("Report abuse");

export async function loader({ context, request }: LoaderFunctionArgs) {
  return {
    baseDomain: context.config.baseDomain,
    address: new URL(request.url).searchParams.get("slug") ?? "",
  };
}

export async function action({ context, request }: ActionFunctionArgs) {
  const report = readAbuseReport(await request.formData(), context.config.baseDomain);
  const { problem } = await attempt(context.api.abuse.report(report));
  return { problem, sent: problem === null };
}

export default function Abuse() {
  const { baseDomain, address } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const busy = useBusy();
  if (answer?.sent) {
    return (
      <AuthPage
        title="Thank you"
        lead={<p role="status">The report is with the people who run this service. They look at each one.</p>}
      >
        <p className="text-mute">An address that harms others is switched off for everybody.</p>
      </AuthPage>
    );
  }
  return <AbuseForm baseDomain={baseDomain} address={address} problem={answer?.problem} busy={busy} />;
}
