import { Link } from "@remix-run/react";
import { Notice } from "~/components/ui/notice.tsx";
import type { HubOffer } from "~/lib/api-types.ts";
import { reasonWords } from "~/lib/hub-words.ts";
import { paths } from "~/lib/paths.ts";

/** Why Managed Cloudflare cannot be had here, and what there is to do about it; nothing when it can. */
export function UnavailableNotice({ offer }: { offer: Pick<HubOffer, "availability" | "message"> }) {
  if (offer.availability === "available") return null;
  if (offer.availability === "plan") {
    return (
      <Notice title="Your plan has no Managed Cloudflare">
        {reasonWords(offer.message ?? "")}{" "}
        <Link to={paths.billing} className="link font-medium whitespace-nowrap">
          See plans
        </Link>
      </Notice>
    );
  }
  return (
    <Notice title="Managed Cloudflare is not available here">
      {reasonWords(offer.message ?? "Whoever runs this installation has not set it up")} A hub that uses a
      Cloudflare account of your own works all the same.
    </Notice>
  );
}
