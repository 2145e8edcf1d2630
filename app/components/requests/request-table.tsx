import { DataTable } from "~/components/ui/data-table.tsx";
import { Time } from "~/components/ui/time.tsx";
import type { LoggedRequest } from "~/lib/api-types.ts";
import { formatBytes } from "~/lib/format.ts";
import { RequestTokens } from "./request-tokens.tsx";
import { RequestTook } from "./request-took.tsx";
import { StatusCode } from "./status-code.tsx";

/** The request log of an endpoint, newest first. Paths come from strangers: they are shown as text and may be long. */
export function RequestTable({ requests }: { requests: readonly LoggedRequest[] }) {
  return (
    <DataTable
      caption="Requests"
      rows={requests}
      rowKey={(request) => request.id}
      columns={[
        { title: "When", wideOnly: true, cell: (request) => <Time at={request.startedAt} /> },
        {
          title: "Request",
          cell: (request) => (
            <span className="block max-w-[44ch] min-w-0">
              <span className="block font-mono text-[0.867rem] break-all">
                <span className="text-mute">{request.method}</span> {request.path}
              </span>
              <RequestTokens tokens={request.tokens} />
              {request.errorCode ? (
                <span className="text-[0.867rem] text-bad">{request.errorCode}</span>
              ) : null}
            </span>
          ),
        },
        { title: "Status", cell: (request) => <StatusCode status={request.status} /> },
        { title: "Key", wideOnly: true, cell: (request) => request.accessKeyName ?? "–" },
        {
          title: "From",
          wideOnly: true,
          cell: (request) => <code className="break-all">{request.clientAddress}</code>,
        },
        { title: "In", numeric: true, wideOnly: true, cell: (request) => formatBytes(request.bytesIn) },
        { title: "Out", numeric: true, wideOnly: true, cell: (request) => formatBytes(request.bytesOut) },
        { title: "Took", numeric: true, cell: (request) => <RequestTook {...request} /> },
      ]}
    />
  );
}
