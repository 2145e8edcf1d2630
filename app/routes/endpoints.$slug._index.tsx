import type { LoaderFunctionArgs } from "@remix-run/node";
import { Link, useLoaderData } from "@remix-run/react";
import { orNull } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { ConnectorsPanel } from "~/components/connectors/connectors-panel.tsx";
import { CallExample } from "~/components/endpoints/call-example.tsx";
import { RecentRequests } from "~/components/requests/recent-requests.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { paths } from "~/lib/paths.ts";
import { useEndpoint } from "~/lib/use-endpoint.ts";

const shown = 8;

/** A log that cannot be read must not take the state of the connectors along. */
export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const slug = args.params.slug ?? "";
  return { page: await orNull(args.context.api.requests.list({ slug, limit: shown })) };
}

export default function EndpointOverview() {
  const { page } = useLoaderData<typeof loader>();
  const { endpoint, portalUrl } = useEndpoint();
  return (
    <>
      <ConnectorsPanel endpoint={endpoint} portalUrl={portalUrl} />
      <Panel
        id="recent"
        title="Recent requests"
        flush
        actions={
          <span className="flex gap-4">
            <Link to={paths.usageOfEndpoint(endpoint.slug)} className="link">
              Usage
            </Link>
            <Link to={paths.endpointRequests(endpoint.slug)} className="link">
              All requests
            </Link>
          </span>
        }
      >
        {page === null ? (
          <LogUnreadable />
        ) : (
          <RecentRequests
            slug={endpoint.slug}
            publicBaseUrl={endpoint.publicBaseUrl}
            limit={shown}
            initial={page}
          />
        )}
      </Panel>
      <CallExample publicBaseUrl={endpoint.publicBaseUrl} requireAccessKey={endpoint.requireAccessKey} />
    </>
  );
}

function LogUnreadable() {
  return (
    <div className="px-4 pb-4 sm:px-5">
      <Notice tone="bad">
        The request log cannot be read just now. Your endpoint is not affected. Reload to try again.
      </Notice>
    </div>
  );
}
