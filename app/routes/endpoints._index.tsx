import type { LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { requireSession } from "~/bridge/require-session.server.ts";
import { EndpointList } from "~/components/endpoints/endpoint-list.tsx";
import { Page } from "~/components/shell/page.tsx";
import { ButtonLink } from "~/components/ui/button.tsx";
import { EmptyState } from "~/components/ui/empty-state.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { plural } from "~/lib/format.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";

export const meta = () => pageTitle("Endpoints");

export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const { api } = args.context;
  const [{ endpoints }, tenant] = await Promise.all([api.endpoints.list(), api.tenants.current()]);
  return { endpoints, limit: tenant.limits.endpoints };
}

export default function Endpoints() {
  const { endpoints, limit } = useLoaderData<typeof loader>();
  if (endpoints.length === 0) {
    return (
      <Page title="Endpoints">
        <Panel flush>
          <EmptyState
            title="You have no address yet"
            action={
              <ButtonLink to={paths.start} look="hot">
                Choose your address
              </ButtonLink>
            }
          >
            An endpoint is a public host name of yours. Choose one, start the connector, and it answers.
          </EmptyState>
        </Panel>
      </Page>
    );
  }
  return (
    <Page
      title="Endpoints"
      actions={
        endpoints.length < limit ? <ButtonLink to={`${paths.start}?new`}>New endpoint</ButtonLink> : null
      }
    >
      <EndpointList endpoints={endpoints} />
      <p className="text-mute">
        {endpoints.length} of {plural(limit, "endpoint")} in your plan.
      </p>
    </Page>
  );
}
