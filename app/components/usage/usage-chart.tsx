import { lazy, Suspense } from "react";
import type { ChartMetric } from "~/lib/usage-words.ts";
import { useHydrated } from "~/lib/use-hydrated.ts";
import type { ChartData } from "./chart-data.ts";
import { CHART } from "./chart-frame.ts";
import { StillChart } from "./still-chart.tsx";

const LiveChart = lazy(() => import("./live-chart.tsx"));

/** Usage over time. Its height never changes, so nothing on the page moves when the reader's part arrives. */
export function UsageChart({ data, metric }: { data: ChartData; metric: ChartMetric }) {
  const hydrated = useHydrated();
  const still = <StillChart data={data} />;
  return (
    <div className="relative mx-4 sm:mx-5" style={{ height: CHART.height }}>
      {hydrated ? (
        <Suspense fallback={still}>
          <LiveChart data={data} metric={metric} still={still} />
        </Suspense>
      ) : (
        still
      )}
    </div>
  );
}
