import { Link } from "@remix-run/react";
import type { ReactNode } from "react";
import { DataTable } from "~/components/ui/data-table.tsx";
import { Time } from "~/components/ui/time.tsx";
import type { AccessKey } from "~/lib/api-types.ts";
import { plural } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";

/** What a key was used for at this endpoint in the running period. */
interface KeyUse {
  requests: number;
  tokens: number;
}

interface AccessKeyTableProps {
  slug: string;
  /** By the id of the key; null: not known just now. */
  use: ReadonlyMap<string, KeyUse> | null;
  accessKeys: readonly AccessKey[];
  revokeButton: (accessKey: AccessKey) => ReactNode;
}

export function AccessKeyTable({ slug, use, accessKeys, revokeButton }: AccessKeyTableProps) {
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
        ...(use
          ? [
              {
                title: "This period",
                cell: (accessKey: AccessKey) => (
                  <Used slug={slug} accessKey={accessKey} used={use.get(accessKey.id)} />
                ),
              },
            ]
          : []),
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

function Used({ slug, accessKey, used }: { slug: string; accessKey: AccessKey; used: KeyUse | undefined }) {
  if (!used) return <span className="text-mute">nothing</span>;
  return (
    <Link to={paths.usageOfKey(slug, accessKey.id)} className="link">
      <span className="block whitespace-nowrap">{plural(used.requests, "request")}</span>
      {used.tokens > 0 ? (
        <span className="block text-[0.867rem] whitespace-nowrap">{plural(used.tokens, "token")}</span>
      ) : null}
      <span className="sr-only"> of {accessKey.name}</span>
    </Link>
  );
}
