import type { LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData, useSearchParams } from "@remix-run/react";
import { orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { NoRequests } from "~/components/requests/no-requests.tsx";
import { RequestTable } from "~/components/requests/request-table.tsx";
import { ButtonLink } from "~/components/ui/button.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { useEndpoint } from "~/lib/use-endpoint.ts";
import { useRecentRequests } from "~/lib/use-recent-requests.ts";

const pageSize = 50;

export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const slug = args.params.slug ?? "";
  const cursor = new URL(args.request.url).searchParams.get("before") ?? undefined;
  return { page: await orErrorPage(args.context.api.requests.list({ slug, cursor, limit: pageSize })) };
}

/** The newest page follows what happens; older ones stand still. */
export default function Requests() {
  const { page } = useLoaderData<typeof loader>();
  const [search] = useSearchParams();
  return search.has("before") ? <RequestLog page={page} older /> : <LiveRequestLog page={page} />;
}

type LogPage = Awaited<ReturnType<typeof loader>>["page"];

function LiveRequestLog({ page }: { page: LogPage }) {
  const { endpoint } = useEndpoint();
  return <RequestLog page={useRecentRequests(endpoint.slug, pageSize, page)} />;
}

function RequestLog({ page, older = false }: { page: LogPage; older?: boolean }) {
  const { endpoint } = useEndpoint();
  return (
    <>
      <Panel
        id="requests"
        title={older ? "Older requests" : "Requests"}
        lead={older ? null : "Newest first. New ones appear by themselves. Queries and bodies are not kept."}
        flush
      >
        {page.requests.length > 0 ? (
          <RequestTable requests={page.requests} />
        ) : (
          <NoRequests publicBaseUrl={endpoint.publicBaseUrl} />
        )}
      </Panel>
      <div className="flex gap-2">
        {older ? (
          <ButtonLink to="." look="quiet">
            Newest
          </ButtonLink>
        ) : null}
        {page.nextCursor ? (
          <ButtonLink to={`?before=${encodeURIComponent(page.nextCursor)}`} look="quiet">
            Older
          </ButtonLink>
        ) : null}
      </div>
    </>
  );
}
