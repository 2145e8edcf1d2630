import { SwitchButton } from "~/components/ui/switch-button.tsx";
import type { Hub, HubOffer } from "~/lib/api-types.ts";
import { DisableSwitch } from "./disable-switch.tsx";
import { EnableSwitch } from "./enable-switch.tsx";

/** Days that backups are kept by default when a hub goes off. */
const RETENTION_DAYS = 30;

interface HubSwitchProps {
  hub: Hub;
  offer: HubOffer;
  canManage: boolean;
}

/** The one switch of a hub, with the word for where it stands; or why it cannot be moved. */
export function HubSwitch({ hub, offer, canManage }: HubSwitchProps) {
  const isOn = hub.state === "on" || hub.state === "provisioning";
  const reason = whyFixed(hub, offer, canManage);
  return (
    <div className="grid max-w-64 justify-items-end gap-1.5 max-sm:w-full max-sm:max-w-none max-sm:justify-items-start">
      <div className="flex items-center gap-3 max-sm:flex-row-reverse">
        <span className="font-medium">{isOn ? "On" : "Off"}</span>
        {reason !== null ? (
          <SwitchButton on={isOn} label="Managed Cloudflare" disabled onPress={() => undefined} />
        ) : isOn ? (
          <DisableSwitch hub={hub} retentionDays={RETENTION_DAYS} />
        ) : (
          <EnableSwitch hub={hub} offer={offer} />
        )}
      </div>
      {reason ? <p className="text-[0.933rem] text-mute sm:text-right">{reason}</p> : null}
    </div>
  );
}

function whyFixed({ state }: Hub, { availability }: HubOffer, canManage: boolean): string | null {
  if (!canManage) return "Owners and admins of your account can move it.";
  if (state === "disabling") return "It is being switched off.";
  if (state !== "off" || availability === "available") return null;
  return availability === "plan" ? "Not in your plan, see above." : "Not available here, see above.";
}
