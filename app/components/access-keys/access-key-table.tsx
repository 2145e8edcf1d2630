import type { ReactNode } from "react";
import { DataTable } from "~/components/ui/data-table.tsx";
import { Time } from "~/components/ui/time.tsx";
import type { AccessKey } from "~/lib/api-types.ts";

interface AccessKeyTableProps {
  accessKeys: readonly AccessKey[];
  revokeButton: (accessKey: AccessKey) => ReactNode;
}

export function AccessKeyTable({ accessKeys, revokeButton }: AccessKeyTableProps) {
  return (
    <DataTable
      caption="Access keys"
      rows={accessKeys}
      rowKey={(accessKey) => accessKey.id}
      columns={[
        {
          title: "Name",
          cell: (accessKey) => (
            <>
              <span className="block break-words">{accessKey.name}</span>
              <code className="text-mute">{accessKey.hint}</code>
            </>
          ),
        },
        {
          title: "Opens",
          wideOnly: true,
          cell: (accessKey) => accessKey.endpointSlug ?? "all your endpoints",
        },
        { title: "Made", wideOnly: true, cell: (accessKey) => <Time at={accessKey.createdAt} /> },
        {
          title: "Last used",
          cell: (accessKey) => (accessKey.lastUsedAt ? <Time at={accessKey.lastUsedAt} /> : "never"),
        },
        {
          title: "Ends",
          wideOnly: true,
          cell: (accessKey) => (accessKey.expiresAt ? <Time at={accessKey.expiresAt} /> : "when revoked"),
        },
        { title: "Actions", actions: true, cell: revokeButton },
      ]}
    />
  );
}
