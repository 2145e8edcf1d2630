import { DataTable } from "~/components/ui/data-table.tsx";
import { Facts } from "~/components/ui/facts.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { Command } from "~/components/ui/terminal.tsx";
import { Time } from "~/components/ui/time.tsx";
import type { Hub, HubSnapshot } from "~/lib/api-types.ts";
import { formatBytes, formatCount, formatDay } from "~/lib/format.ts";
import { backupWords } from "~/lib/hub-words.ts";
import { BackupPasswordButton } from "./backup-password-button.tsx";
import { DeleteBackupsButton } from "./delete-backups-button.tsx";
import { NothingYet } from "./nothing-yet.tsx";

interface BackupsPanelProps {
  hub: Pick<Hub, "hubId" | "name" | "state" | "backup" | "bucket" | "snapshots" | "hasBackupPassword">;
  canManage: boolean;
}

/** How the backups stand, what there is to restore from, and the password that opens them. */
export function BackupsPanel({ hub, canManage }: BackupsPanelProps) {
  const { backup, bucket, snapshots } = hub;
  const isOn = hub.state === "on";
  return (
    <Panel
      id="backups"
      title="Backups"
      lead="Encrypted on the hub's machine before they leave it: whoever has the bucket alone can read nothing."
      actions={hub.hasBackupPassword && canManage ? <BackupPasswordButton hubId={hub.hubId} /> : null}
      flush
    >
      <div className="grid gap-4 px-4 pb-4 sm:px-5">
        {backup && isOn ? <Standing backup={backup} /> : null}
        <Facts
          facts={[
            { term: "Bucket", text: bucket ? <code className="break-all">{bucket.name}</code> : "none" },
            ...(bucket ? [{ term: "It is", text: bucketWords(bucket) }] : []),
            ...(bucket && bucket.sharedWith.length > 0
              ? [{ term: "Shared with", text: bucket.sharedWith.join(", ") }]
              : []),
            { term: "Last backup", text: backup?.lastAt ? <Time at={backup.lastAt} /> : "none yet" },
            ...(isOn && backup?.nextAt ? [{ term: "Next", text: <Time at={backup.nextAt} /> }] : []),
          ]}
        />
      </div>
      {snapshots.length > 0 ? (
        <>
          <div className="border-t border-line">
            <SnapshotTable snapshots={snapshots} />
          </div>
          <div className="border-t border-line p-4 empty:hidden sm:p-5">
            {isOn ? (
              <Command
                title="restore, on the hub's machine"
                command={`hotspot hub restore latest --hub-id ${hub.hubId} --to ./restored`}
              />
            ) : bucket ? (
              <DeleteBackupsButton hub={hub} bucket={bucket} />
            ) : null}
          </div>
        </>
      ) : (
        <NothingYet title="No snapshot yet">
          Each backup leaves one here, which can be restored from. The hub makes one by itself once folders
          are chosen: <code>hotspot hub backup /srv/data</code>
        </NothingYet>
      )}
    </Panel>
  );
}

function Standing({ backup }: { backup: NonNullable<Hub["backup"]> }) {
  if (backup.state === "failed") {
    return (
      <Notice tone="bad" title="The last backup failed">
        {backupWords(backup)}
      </Notice>
    );
  }
  const percent = backup.progress === null ? null : Math.floor(backup.progress * 100);
  return (
    <div className="grid gap-1.5">
      <p>
        {backupWords(backup)}
        {backup.state === "running" && percent !== null ? ` ${percent}\u00a0%` : ""}
      </p>
      {backup.state === "running" && percent !== null ? (
        <progress
          aria-label="Backup"
          max={100}
          value={percent}
          className="h-1.5 w-full max-w-md overflow-hidden rounded-full accent-chart-1"
        />
      ) : null}
    </div>
  );
}

function bucketWords({ state, deleteAfter }: NonNullable<Hub["bucket"]>): string {
  switch (state) {
    case "wanted":
      return "being made";
    case "ready":
      return "in use";
    case "retained":
      return deleteAfter ? `kept until ${formatDay(deleteAfter)}` : "kept";
    case "emptying":
      return "being deleted";
  }
}

function SnapshotTable({ snapshots }: { snapshots: readonly HubSnapshot[] }) {
  return (
    <DataTable
      caption="Snapshots"
      rows={snapshots}
      rowKey={({ snapshotId }) => snapshotId}
      columns={[
        { title: "Taken", cell: ({ takenAt }) => <Time at={takenAt} /> },
        { title: "Snapshot", cell: ({ snapshotId }) => <code>{snapshotId.slice(0, 8)}</code> },
        {
          title: "Of",
          wideOnly: true,
          cell: ({ paths }) => (
            <span className="font-mono text-[0.867rem] break-all">{paths.join(", ")}</span>
          ),
        },
        {
          title: "Files",
          numeric: true,
          wideOnly: true,
          cell: ({ files }) => (files === null ? "–" : formatCount(files)),
        },
        {
          title: "Size",
          numeric: true,
          cell: ({ bytes }) => (bytes === null ? "–" : formatBytes(bytes)),
        },
      ]}
    />
  );
}
