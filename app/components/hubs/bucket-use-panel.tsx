import { Panel } from "~/components/ui/panel.tsx";
import { ChartLegend } from "~/components/usage/chart-legend.tsx";
import { ChartTable } from "~/components/usage/chart-table.tsx";
import { ChoiceLinks } from "~/components/usage/choice-links.tsx";
import { UsageChart } from "~/components/usage/usage-chart.tsx";
import type { BucketUse, Hub } from "~/lib/api-types.ts";
import { bucketChart, type UseFigure } from "~/lib/bucket-use.ts";
import { formatCount } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";
import { NothingYet } from "./nothing-yet.tsx";

interface BucketUsePanelProps {
  hub: Pick<Hub, "hubId" | "bucket">;
  /** Null: they could not be read just now. */
  days: BucketUse["days"] | null;
  figure: UseFigure;
}

/** What the bucket held and was asked, day by day: what its price is made of. */
export function BucketUsePanel({ hub, days, figure }: BucketUsePanelProps) {
  const shared = (hub.bucket?.sharedWith.length ?? 0) > 0;
  const newest = days?.at(-1);
  return (
    <Panel
      id="use"
      title="Use of the bucket"
      lead={`The last 90 days in UTC, as Cloudflare counts them${shared ? ", of all hubs that share it" : ""}. The largest size of each day and the operations are what is billed.`}
      flush
      actions={
        newest ? (
          <ChoiceLinks
            label="Figure"
            current={figure}
            choices={[
              { value: "size", title: "Size", to: paths.hubUse(hub.hubId, "size") },
              { value: "operations", title: "Operations", to: paths.hubUse(hub.hubId, "operations") },
            ]}
          />
        ) : null
      }
    >
      {days === null ? (
        <NothingYet title="It cannot be shown just now">Reload the page in a moment.</NothingYet>
      ) : newest ? (
        <Drawing days={days} figure={figure} />
      ) : (
        <NothingYet title="Nothing counted yet">
          Cloudflare tells the size of a bucket some hours after its first backup; then it stands here.
        </NothingYet>
      )}
    </Panel>
  );
}

function Drawing({ days, figure }: { days: BucketUse["days"]; figure: UseFigure }) {
  const data = bucketChart(days, figure);
  const metric = figure === "size" ? "stored" : "operations";
  const newest = days.at(-1);
  const isCarried = figure === "size" && days.some(({ carried }) => carried);
  return (
    <>
      <UsageChart data={data} metric={metric} />
      {figure === "operations" ? <ChartLegend data={data} metric={metric} /> : null}
      <p className="px-4 pt-3 text-[0.867rem] text-mute sm:px-5">
        {newest ? `${formatCount(newest.objects)} objects at last.` : null}
        {isCarried ? " Where Cloudflare had no sample of a day, the size of the day before counts." : null}
      </p>
      <ChartTable data={data} metric={metric} />
    </>
  );
}
