import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { ConfirmDialog } from "~/components/ui/confirm-dialog.tsx";
import { TextField } from "~/components/ui/field.tsx";
import { SwitchButton } from "~/components/ui/switch-button.tsx";
import type { Hub, HubOffer } from "~/lib/api-types.ts";
import { paths } from "~/lib/paths.ts";
import { type Problem, problemAt, problemElsewhere } from "~/lib/problem.ts";
import { useReply } from "~/lib/use-reply.ts";
import { PriceLines } from "./price-list.tsx";
import { ServiceUrlField } from "./service-url-field.tsx";
import { WhatIsMade } from "./what-is-made.tsx";

interface EnableSwitchProps {
  hub: Hub;
  offer: HubOffer;
}

interface EnableReply {
  problem: (Problem & { suggestions: string[] }) | null;
}

/** The switch of a hub that is off: says what will be made and what it costs before it does it. */
export function EnableSwitch({ hub, offer }: EnableSwitchProps) {
  const [open, setOpen] = useState(false);
  const fetcher = useFetcher<EnableReply>();
  useReply(fetcher, ({ problem }) => setOpen(problem !== null));
  const problem = fetcher.data?.problem ?? null;
  const earlier = hub.bucket !== null && hub.bucket.state !== "emptying";
  return (
    <>
      <SwitchButton on={false} label="Managed Cloudflare" onPress={() => setOpen(true)} />
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Switch Managed Cloudflare on for ${hub.name}?`}
        lead={
          earlier
            ? "Its earlier backups are there again. The rest is made anew, in about half a minute."
            : "These are made for it, in about half a minute."
        }
        confirm="Switch on"
        action={paths.hubEnable(hub.hubId)}
        fetcher={fetcher}
        problem={problemElsewhere(problem, ["requestedSubdomain", "serviceUrl"])}
      >
        <WhatIsMade domain={offer.domain} serviceUrl={hub.serviceUrl} />
        {offer.prices.length > 0 ? <PriceLines prices={offer.prices} /> : null}
        <TextField
          label="Subdomain"
          name="requestedSubdomain"
          className="font-mono"
          placeholder="made from two words"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={63}
          hint={`Wished for, or left empty. A number is added: acme becomes acme-1.${offer.domain ?? "…"}`}
          error={nameProblem(problem)}
        />
        <ServiceUrlField
          value={hub.serviceUrl}
          hint="On the hub's machine, without a path."
          error={problemAt(problem, "serviceUrl")}
        />
      </ConfirmDialog>
    </>
  );
}

function nameProblem(problem: EnableReply["problem"]): string | null {
  const message = problemAt(problem, "requestedSubdomain");
  if (!message || !problem || problem.suggestions.length === 0) return message;
  return `${message} Free: ${problem.suggestions.join(", ")}.`;
}
