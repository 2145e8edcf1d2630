import type { LoaderFunctionArgs } from "@remix-run/node";
import { Link, useLoaderData } from "@remix-run/react";
import { orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { ConnectorsPanel } from "~/components/connectors/connectors-panel.tsx";
import { CallExample } from "~/components/endpoints/call-example.tsx";
import { NoRequests } from "~/components/requests/no-requests.tsx";
import { RequestTable } from "~/components/requests/request-table.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { paths } from "~/lib/paths.ts";
import { useEndpoint } from "~/lib/use-endpoint.ts";
import { useRecentRequests } from "~/lib/use-recent-requests.ts";

const shown = 8;

export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const slug = args.params.slug ?? "";
  return { page: await orErrorPage(args.context.api.requests.list({ slug, limit: shown })) };
}

export default function EndpointOverview() {
  const { page } = useLoaderData<typeof loader>();
  const { endpoint, portalUrl } = useEndpoint();
  const recent = useRecentRequests(endpoint.slug, shown, page);
  return (
    <>
      <ConnectorsPanel endpoint={endpoint} portalUrl={portalUrl} />
      <Panel
        id="recent"
        title="Recent requests"
        flush
        actions={
          <Link to={paths.endpointRequests(endpoint.slug)} className="link">
            All requests
          </Link>
        }
      >
        {recent.page.requests.length > 0 ? (
          <RequestTable requests={recent.page.requests} />
        ) : (
          <NoRequests publicBaseUrl={endpoint.publicBaseUrl} />
        )}
      </Panel>
      <CallExample publicBaseUrl={endpoint.publicBaseUrl} requireAccessKey={endpoint.requireAccessKey} />
    </>
  );
}
