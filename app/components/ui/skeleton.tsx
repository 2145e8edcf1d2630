import { classNames } from "~/lib/class-names.ts";

/** Holds the place of text that is on its way. Sizes come by class. */
function Skeleton({ className }: { className?: string }) {
  return <span className={classNames("block h-4 rounded-sm bg-sunken shimmering", className)} />;
}

/** Rows of a table that is on its way, read out as one sentence. */
export function SkeletonRows({ rows = 4, label }: { rows?: number; label: string }) {
  return (
    <div role="status" className="grid gap-4 px-4 py-5 sm:px-5">
      <span className="sr-only">{label}</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and never move
        <div key={row} className="flex gap-6" aria-hidden="true">
          <Skeleton className="w-24" />
          <Skeleton className="w-40 max-sm:hidden" />
          <Skeleton className="flex-1" />
        </div>
      ))}
    </div>
  );
}
