import type { BucketUse, Hub, HubOffer } from "~/lib/api-types.ts";
import type { UseFigure } from "~/lib/bucket-use.ts";
import { BackupsPanel } from "./backups-panel.tsx";
import { BucketUsePanel } from "./bucket-use-panel.tsx";
import { ChecksPanel } from "./checks-panel.tsx";
import { HistoryPanel } from "./history-panel.tsx";
import { HostnamesPanel } from "./hostnames-panel.tsx";
import { HubSettingsPanel } from "./hub-settings-panel.tsx";
import { HubTokenPanel } from "./hub-token-panel.tsx";
import { KeysPanel } from "./keys-panel.tsx";
import { ProgressPanel } from "./progress-panel.tsx";
import { RemoveHubPanel } from "./remove-hub-panel.tsx";
import { TryNowButton } from "./try-now-button.tsx";

interface HubBodyProps {
  hub: Hub;
  offer: HubOffer;
  days: BucketUse["days"] | null;
  figure: UseFigure;
  accountId: string;
  portalUrl: string;
  canManage: boolean;
}

/** Everything of a hub under its banner, as far as its state has it. */
export function HubBody({ hub, offer, days, figure, accountId, portalUrl, canManage }: HubBodyProps) {
  const managed = hub.mode === "managed";
  const isMoving = hub.state === "provisioning" || hub.state === "disabling";
  const isOn = hub.state === "on";
  const hasBackups = hub.bucket !== null && hub.bucket.state !== "wanted" && hub.state !== "disabling";
  return (
    <>
      {managed && isMoving ? (
        <ProgressPanel
          progress={hub.progress}
          disabling={hub.state === "disabling"}
          nextTryAt={hub.nextTryAt}
          action={
            canManage && hub.state === "provisioning" && hub.failure !== null ? (
              <TryNowButton hubId={hub.hubId} />
            ) : null
          }
        />
      ) : null}
      {!managed || isOn ? <ChecksPanel hub={hub} /> : null}
      {managed && (isOn || hub.hostnames.length > 0) ? (
        <HostnamesPanel hub={hub} limit={offer.hostnameLimit} domain={offer.domain} canManage={canManage} />
      ) : null}
      {managed && hasBackups ? <BackupsPanel hub={hub} canManage={canManage} /> : null}
      {managed && hasBackups ? <BucketUsePanel hub={hub} days={days} figure={figure} /> : null}
      {managed && isOn ? <KeysPanel hub={hub} canManage={canManage} /> : null}
      <HubTokenPanel hub={hub} accountId={accountId} portalUrl={portalUrl} canManage={canManage} />
      {canManage ? <HubSettingsPanel hub={hub} /> : null}
      <HistoryPanel events={hub.events} />
      {canManage && (!managed || hub.state === "off") ? <RemoveHubPanel hub={hub} /> : null}
    </>
  );
}
