import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Outlet, useLoaderData } from "@remix-run/react";
import { orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { EndpointHeader } from "~/components/endpoints/endpoint-header.tsx";
import { pageTitle } from "~/lib/page-title.ts";
import type { EndpointContext } from "~/lib/use-endpoint.ts";
import { useLiveEndpoint } from "~/lib/use-live-endpoint.ts";

export const meta: MetaFunction<typeof loader> = ({ data }) => pageTitle(data?.endpoint.slug ?? "Endpoint");

export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const { api, config } = args.context;
  const slug = args.params.slug ?? "";
  return { endpoint: await orErrorPage(api.endpoints.get({ slug })), portalUrl: config.portalUrl };
}

/** What all pages of one endpoint share: its header, and its state as it changes. */
export default function EndpointLayout() {
  const { endpoint, portalUrl } = useLoaderData<typeof loader>();
  const live = useLiveEndpoint(endpoint.slug, endpoint);
  const current = { ...endpoint, ...live.endpoint, slug: endpoint.slug };
  return (
    <main id="main" className="mx-auto w-full max-w-6xl px-4 py-8 sm:px-6">
      <EndpointHeader
        slug={current.slug}
        publicBaseUrl={current.publicBaseUrl}
        status={current.status}
        online={current.online}
        state={live.state}
      />
      <div className="mt-6 grid gap-5 [&>*]:min-w-0">
        <Outlet context={{ endpoint: current, live: live.state, portalUrl } satisfies EndpointContext} />
      </div>
    </main>
  );
}
