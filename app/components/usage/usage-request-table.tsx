import { Link, useSearchParams } from "@remix-run/react";
import type { ReactNode } from "react";
import { StatusCode } from "~/components/requests/status-code.tsx";
import { DataTable } from "~/components/ui/data-table.tsx";
import { Time } from "~/components/ui/time.tsx";
import type { UsageRequest } from "~/lib/api-types.ts";
import { classNames } from "~/lib/class-names.ts";
import { formatBytes, formatCount } from "~/lib/format.ts";
import { RequestDetails } from "./request-details.tsx";

/** Requests as they count; each opens to all that is known of it. Which one is open stands in the address. */
export function UsageRequestTable({ requests }: { requests: readonly UsageRequest[] }) {
  const [search] = useSearchParams();
  const open = search.get("open");
  return (
    <DataTable
      caption="Requests"
      rows={requests}
      rowKey={(request) => request.id}
      detail={(request) => (request.id === open ? <RequestDetails request={request} /> : null)}
      columns={[
        { title: "Ended", wideOnly: true, cell: (request) => <Time at={request.endedAt} /> },
        {
          title: "Request",
          cell: (request) => (
            <span className="block max-w-[40ch] min-w-0">
              <Opener id={request.id} open={request.id === open}>
                <span className="text-mute">{request.method}</span> {request.path}
              </Opener>
              <span className="block text-[0.867rem] text-mute">
                {request.slug ?? "an endpoint that is gone"}
                {request.model ? ` · ${request.model}` : ""}
              </span>
            </span>
          ),
        },
        { title: "Status", cell: (request) => <StatusCode status={request.status} /> },
        { title: "Key", wideOnly: true, cell: (request) => request.accessKeyName ?? "–" },
        {
          title: "Data",
          numeric: true,
          wideOnly: true,
          cell: (request) => formatBytes(request.bytesIn + request.bytesOut),
        },
        { title: "Tokens", numeric: true, cell: (request) => <Tokens request={request} /> },
      ]}
    />
  );
}

function Opener({ id, open, children }: { id: string; open: boolean; children: ReactNode }) {
  const [search] = useSearchParams();
  const next = new URLSearchParams(search);
  if (open) next.delete("open");
  else next.set("open", id);
  return (
    <Link
      to={`?${next}`}
      replace
      preventScrollReset
      aria-expanded={open}
      className={classNames(
        "block font-mono text-[0.867rem] break-all hover:underline max-sm:text-[0.8rem]",
        open && "text-hot-ink",
      )}
    >
      {children}
    </Link>
  );
}

function Tokens({ request }: { request: UsageRequest }) {
  const { inputTokens, outputTokens, usageSource, apiKind } = request;
  if (apiKind === null) return <>–</>;
  if (usageSource === "none") return <span className="text-mute">unknown</span>;
  return (
    <>
      <span className="block">{formatCount((inputTokens ?? 0) + (outputTokens ?? 0))}</span>
      {usageSource === "estimated" ? (
        <span className="block text-[0.867rem] text-warn">estimated</span>
      ) : null}
    </>
  );
}
