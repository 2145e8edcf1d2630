import { type ActionFunctionArgs, data, type LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { attempt, orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { AddHubPanel } from "~/components/hubs/add-hub-panel.tsx";
import { HubList } from "~/components/hubs/hub-list.tsx";
import { OfferPanel } from "~/components/hubs/offer-panel.tsx";
import { UnavailableNotice } from "~/components/hubs/unavailable-notice.tsx";
import { Page } from "~/components/shell/page.tsx";
import { EmptyState } from "~/components/ui/empty-state.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { formText } from "~/lib/form-text.ts";
import { plural } from "~/lib/format.ts";
import { canManageHubs } from "~/lib/hub-permission.ts";
import { noStore } from "~/lib/no-store.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { useFreshPage } from "~/lib/use-fresh-page.ts";

export const meta = () => pageTitle("Cloudflare");

export async function loader(args: LoaderFunctionArgs) {
  const session = requireSession(args);
  const { api, config } = args.context;
  const list = await orErrorPage(api.hubs.list());
  return { ...list, portalUrl: config.portalUrl, canManage: canManageHubs(session) };
}

/** Adds a hub; the answer is the only place where its token is ever shown. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const form = await args.request.formData();
  const mode = formText(form, "mode") === "self_hosted" ? "self_hosted" : "managed";
  const serviceUrl = formText(form, "serviceUrl") || "http://localhost:8080";
  const { value, problem } = await attempt(
    args.context.api.hubs.register({ hubId: formText(form, "hubId"), mode, serviceUrl }),
  );
  const made = value && {
    hubId: value.hub.hubId,
    mode: value.hub.mode,
    serviceUrl,
    accountId: value.accountId,
    hubToken: value.hubToken,
  };
  return data({ made, problem }, { headers: noStore });
}

export default function Hubs() {
  const { hubs, offer, portalUrl, canManage } = useLoaderData<typeof loader>();
  useFreshPage(hubs.length > 0);
  const managed = hubs.filter(({ mode }) => mode === "managed");
  const own = hubs.filter(({ mode }) => mode === "self_hosted");
  const isAvailable = offer.availability === "available";
  const onlyOwn = !isAvailable
    ? "Ours is not available to you, see above."
    : offer.used >= offer.limit
      ? `Your plan's ${plural(offer.limit, "hub")} with ours are in use.`
      : null;
  return (
    <Page
      title="Cloudflare"
      lead="A tunnel, a host name and encrypted backups for a machine of yours, by one switch and without a Cloudflare account."
    >
      <UnavailableNotice offer={offer} />
      {managed.length === 0 ? <OfferPanel offer={offer} /> : null}
      {managed.length > 0 || isAvailable ? (
        <Panel
          id="hubs"
          title="Hubs"
          lead={offer.limit > 0 ? `${offer.used} of ${plural(offer.limit, "hub")} in your plan.` : undefined}
          flush
        >
          {managed.length > 0 ? (
            <HubList label="Hubs" hubs={managed} />
          ) : (
            <EmptyState title="No hub yet">
              {canManage
                ? "Add one below, or run hotspot hub enable on the machine with your license key."
                : "Owners and admins of your account can add one."}
            </EmptyState>
          )}
        </Panel>
      ) : null}
      {own.length > 0 ? (
        <Panel
          id="self-hosted"
          title="Self-hosted hubs"
          lead="These use a Cloudflare account of your own. They are set up on their machine and only report here."
          flush
        >
          <HubList label="Self-hosted hubs" hubs={own} />
        </Panel>
      ) : null}
      {canManage ? <AddHubPanel onlyOwn={onlyOwn} portalUrl={portalUrl} /> : null}
      {managed.length > 0 ? <OfferPanel offer={offer} /> : null}
    </Page>
  );
}
