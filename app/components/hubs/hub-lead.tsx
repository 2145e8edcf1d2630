import { Time } from "~/components/ui/time.tsx";
import type { Hub } from "~/lib/api-types.ts";

/** Who a hub is, in a line under its name. */
export function HubLead({ hub }: { hub: Pick<Hub, "hubId" | "mode" | "version" | "lastReportAt"> }) {
  return (
    <>
      {hub.mode === "self_hosted" ? "Self-hosted hub " : "Hub "}
      <code className="break-all text-ink">{hub.hubId}</code>
      {hub.version ? `, version ${hub.version}` : ""}
      {hub.lastReportAt ? (
        <>
          , heard from <Time at={hub.lastReportAt} />
        </>
      ) : (
        ", not heard from yet"
      )}
    </>
  );
}
