import type { StorageReport } from "~/lib/api-types.ts";
import { formatCount } from "~/lib/format.ts";
import { meterTitles, storageMonths } from "~/lib/plan-words.ts";

const meters = ["storage", "storage_writes", "storage_reads"] as const;

/** The quantities that an invoice of these days has, and what of them no day says. */
export function StorageSum({ report }: { report: StorageReport }) {
  const { totals, adjustments } = report;
  return (
    <dl className="grid gap-x-10 gap-y-4 sm:grid-cols-3">
      {meters.map((meter) => (
        <div key={meter}>
          <dt className="font-medium">{meterTitles[meter]}</dt>
          <dd className="tabular-nums">
            {formatCount(totals[meter])}
            {meter === "storage" ? (
              <>
                {"\u00a0"}MB-days<span className="block text-mute">{storageMonths(totals.storage)}</span>
              </>
            ) : null}
            {adjustments[meter] === 0 ? null : (
              <span className="block text-[0.933rem] text-mute">
                with corrections of {adjustments[meter] < 0 ? "\u2212" : "+"}
                {formatCount(Math.abs(adjustments[meter]))}
              </span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
