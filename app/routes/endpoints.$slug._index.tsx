import type { LoaderFunctionArgs } from "@remix-run/node";
import { Await, Link, useLoaderData } from "@remix-run/react";
import { Suspense } from "react";
import { orNull } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { ConnectorsPanel } from "~/components/connectors/connectors-panel.tsx";
import { CallExample } from "~/components/endpoints/call-example.tsx";
import { RecentRequests } from "~/components/requests/recent-requests.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { SkeletonRows } from "~/components/ui/skeleton.tsx";
import { paths } from "~/lib/paths.ts";
import { useEndpoint } from "~/lib/use-endpoint.ts";

const shown = 8;

/** The page does not wait for the log: a long one must not hold up the state of the connectors. */
export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const slug = args.params.slug ?? "";
  return { page: orNull(args.context.api.requests.list({ slug, limit: shown })) };
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
          <Link to={paths.endpointRequests(endpoint.slug)} className="link">
            All requests
          </Link>
        }
      >
        <Suspense fallback={<SkeletonRows label="Loading the request log" />}>
          <Await resolve={page} errorElement={<LogUnreadable />}>
            {(initial) =>
              initial === null ? (
                <LogUnreadable />
              ) : (
                <RecentRequests
                  slug={endpoint.slug}
                  publicBaseUrl={endpoint.publicBaseUrl}
                  limit={shown}
                  initial={initial}
                />
              )
            }
          </Await>
        </Suspense>
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
