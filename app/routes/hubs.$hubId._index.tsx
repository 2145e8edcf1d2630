import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData, useSearchParams } from "@remix-run/react";
import { orErrorPage, orNull } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { HubBody } from "~/components/hubs/hub-body.tsx";
import { HubLead } from "~/components/hubs/hub-lead.tsx";
import { HubStanding } from "~/components/hubs/hub-standing.tsx";
import { HubSwitch } from "~/components/hubs/hub-switch.tsx";
import { Page } from "~/components/shell/page.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { readUseFigure } from "~/lib/bucket-use.ts";
import { canManageHubs } from "~/lib/hub-permission.ts";
import { keptWords } from "~/lib/hub-words.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";
import { useLiveHub } from "~/lib/use-live-hub.ts";

export const meta: MetaFunction<typeof loader> = ({ data }) => pageTitle(data?.hub.name ?? "Hub");

export async function loader(args: LoaderFunctionArgs) {
  const session = requireSession(args);
  const { api, config } = args.context;
  const hubId = args.params.hubId ?? "";
  const [hub, { offer }, use] = await Promise.all([
    orErrorPage(api.hubs.get({ hubId })),
    orErrorPage(api.hubs.list()),
    // Comes from another table, and the rest of the page is whole without it.
    orNull(api.hubs.bucketUse({ hubId })),
  ]);
  return {
    hub,
    offer,
    days: use?.days ?? null,
    accountId: session.tenant.id,
    portalUrl: config.portalUrl,
    canManage: canManageHubs(session),
  };
}

export default function HubPage() {
  const { hub: loaded, ...rest } = useLoaderData<typeof loader>();
  const { hub, state } = useLiveHub(loaded);
  const [search] = useSearchParams();
  return (
    <Page
      parent={{ to: paths.hubs, title: "Cloudflare" }}
      title={<span className="break-words">{hub.name}</span>}
      lead={<HubLead hub={hub} />}
    >
      {state === "lost" ? (
        <Notice tone="warn" title="This page is not up to date">
          The portal does not answer it just now; the hub's tunnel does not go through the portal. Trying
          again. If this stays, reload the page.
        </Notice>
      ) : null}
      <HubStanding banner={hub.banner} note={keptWords(hub)}>
        {hub.mode === "managed" ? (
          <HubSwitch hub={hub} offer={rest.offer} canManage={rest.canManage} />
        ) : null}
      </HubStanding>
      <HubBody hub={hub} figure={readUseFigure(search)} {...rest} />
    </Page>
  );
}
