import { StatusDot } from "~/components/connectors/status-dot.tsx";
import type { EndpointStatus } from "~/lib/api-types.ts";
import { classNames } from "~/lib/class-names.ts";

interface EndpointBadgeProps {
  status: EndpointStatus;
  online: boolean;
}

const held: Record<Exclude<EndpointStatus, "active">, string> = {
  suspended: "Suspended",
  unpaid: "Unpaid",
};

/** Whether the address answers. */
export function EndpointBadge({ status, online }: EndpointBadgeProps) {
  const active = status === "active";
  return (
    <span
      className={classNames(
        "inline-flex min-h-7 items-center gap-2 rounded-full border px-2.5 text-[0.867rem] font-medium whitespace-nowrap",
        active && online && "border-ok-line bg-ok-wash text-ok",
        active && !online && "border-line bg-cold-wash text-cold",
        !active && "border-bad-line bg-bad-wash text-bad",
      )}
    >
      {active ? <StatusDot online={online} pulsing /> : null}
      {active ? (online ? "Online" : "Offline") : held[status]}
    </span>
  );
}
