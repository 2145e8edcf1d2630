import type { ActionFunctionArgs } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { ReleasePanel } from "~/components/endpoints/release-panel.tsx";
import { TokenPanel } from "~/components/endpoints/token-panel.tsx";
import { UpstreamPanel } from "~/components/endpoints/upstream-panel.tsx";
import { UsageModePanel } from "~/components/endpoints/usage-mode-panel.tsx";
import { readEndpointChange } from "~/lib/endpoint-change.ts";
import { useEndpoint } from "~/lib/use-endpoint.ts";

/** Changes what the form has: the key check (from the keys page), the direct upstream, or how tokens are counted. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const change = readEndpointChange(await args.request.formData());
  const { problem } = await attempt(
    args.context.api.endpoints.update({ slug: args.params.slug ?? "", ...change }),
  );
  return { problem };
}

export default function EndpointSettings() {
  const { endpoint } = useEndpoint();
  return (
    <>
      <TokenPanel slug={endpoint.slug} hint={endpoint.tokenHint} rotatedAt={endpoint.tokenRotatedAt} />
      <UpstreamPanel slug={endpoint.slug} upstreamBaseUrl={endpoint.upstreamBaseUrl} />
      <UsageModePanel slug={endpoint.slug} usageMode={endpoint.usageMode} />
      <ReleasePanel slug={endpoint.slug} publicBaseUrl={endpoint.publicBaseUrl} />
    </>
  );
}
