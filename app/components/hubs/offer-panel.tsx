import { Panel } from "~/components/ui/panel.tsx";
import type { HubOffer } from "~/lib/api-types.ts";
import { plural } from "~/lib/format.ts";
import { PriceList } from "./price-list.tsx";
import { WhatIsMade } from "./what-is-made.tsx";

/** What Managed Cloudflare is and what it costs, before anything is made. */
export function OfferPanel({ offer }: { offer: HubOffer }) {
  return (
    <Panel
      id="offer"
      title="What Managed Cloudflare does"
      lead="A machine of yours becomes a hub: one switch gives it the following at Cloudflare. You need no account there and see no keys of ours; switched off, all of it goes away again."
      flush
    >
      <div className="px-4 pt-1 pb-4 sm:px-5">
        <WhatIsMade domain={offer.domain} serviceUrl={null} />
      </div>
      {offer.prices.length > 0 ? (
        <>
          <div className="border-t border-line pt-4">
            <PriceList prices={offer.prices} />
          </div>
          <p className="border-t border-line px-4 py-3 text-[0.933rem] text-mute sm:px-5">
            Tunnels and host names cost nothing beside your plan
            {offer.limit > 0
              ? `, which allows ${plural(offer.limit, "hub")} with ${plural(offer.hostnameLimit, "further host name")} each`
              : ""}
            . Nothing is made or charged before you switch a hub on.
          </p>
        </>
      ) : null}
    </Panel>
  );
}
