import { useState } from "react";
import { TextField } from "~/components/ui/field.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import type { Hub } from "~/lib/api-types.ts";
import { type Problem, problemAt } from "~/lib/problem.ts";
import { BucketNameField } from "./bucket-name-field.tsx";

interface BackupFateProps {
  bucket: NonNullable<Hub["bucket"]>;
  retentionDays: number;
  problem: Problem | null;
  /** Whether what was chosen may be sent. */
  onReady: (ready: boolean) => void;
}

/** Keeps the backups of a hub that goes off for some days, or deletes them: then the bucket's name has to be typed. */
export function BackupFate({ bucket, retentionDays, problem, onReady }: BackupFateProps) {
  const [fate, setFate] = useState<"keep" | "delete">("keep");
  const isShared = bucket.sharedWith.length > 0;
  const choose = (next: typeof fate) => {
    setFate(next);
    onReady(next === "keep");
  };
  return (
    <fieldset className="grid gap-3">
      <legend className="mb-1.5 font-medium">Its backups</legend>
      <Choice fate="keep" chosen={fate} choose={choose} title="Keep them for a while">
        Switched on again within that time, the hub finds them.
      </Choice>
      {fate === "keep" ? (
        <div className="ml-7 max-w-48">
          <TextField
            label="Days"
            name="retentionDays"
            type="number"
            min={0}
            max={3650}
            step={1}
            required
            defaultValue={retentionDays}
            error={problemAt(problem, "retentionDays")}
          />
        </div>
      ) : null}
      <Choice fate="delete" chosen={fate} choose={choose} title="Delete them now">
        {isShared
          ? "Only those of this hub: the bucket stays for your other hubs."
          : "And the bucket with them."}
      </Choice>
      {fate === "delete" ? (
        <div className="ml-7 grid gap-3">
          <Notice tone="bad">Nobody can bring them back, also not with the backup password.</Notice>
          <BucketNameField name={bucket.name} problem={problem} onReady={onReady} />
        </div>
      ) : null}
    </fieldset>
  );
}

interface ChoiceProps {
  fate: "keep" | "delete";
  chosen: "keep" | "delete";
  choose: (fate: "keep" | "delete") => void;
  title: string;
  children: string;
}

function Choice({ fate, chosen, choose, title, children }: ChoiceProps) {
  return (
    <label className="flex items-start gap-3">
      <input
        type="radio"
        name="fate"
        value={fate}
        checked={fate === chosen}
        onChange={() => choose(fate)}
        className="mt-1 size-4 shrink-0 accent-ink"
      />
      <span>
        {title}
        <span className="block text-[0.933rem] text-mute">{children}</span>
      </span>
    </label>
  );
}
