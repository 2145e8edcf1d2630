import type { ChartData } from "./chart-data.ts";
import { CHART } from "./chart-frame.ts";

/** The bars without axes: what is there before scripts run, or without them. Figures are in the table. */
export function StillChart({ data }: { data: ChartData }) {
  const { points, groups } = data;
  const top = Math.max(1, ...points.map(({ total }) => total));
  return (
    <div
      className="absolute border-b border-line-strong"
      style={{ inset: `${CHART.top}px ${CHART.right}px ${CHART.bottom}px ${CHART.left}px` }}
    >
      <svg
        aria-hidden="true"
        className="size-full"
        viewBox={`0 0 ${points.length} ${top}`}
        preserveAspectRatio="none"
      >
        {points.map((point, index) => (
          <g key={point.start}>
            {stack(point.values).map(({ from, to }, group) =>
              to > from ? (
                <rect
                  key={groups[group]!.id}
                  x={index + 0.14}
                  width={0.72}
                  y={top - to}
                  height={to - from}
                  fill={groups[group]!.color}
                />
              ) : null,
            )}
          </g>
        ))}
      </svg>
    </div>
  );
}

function stack(values: readonly number[]): { from: number; to: number }[] {
  let sum = 0;
  return values.map((value) => {
    const from = sum;
    sum += value;
    return { from, to: sum };
  });
}
