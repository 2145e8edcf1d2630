import { classNames } from "~/lib/class-names.ts";

interface Station {
  title: string;
  note: string;
  hot?: boolean;
}

const box = { width: 196, height: 84 };

/**
 * The way of a request, drawn: the connector dials out to the relay, requests come back along that line. Two drawings
 * of the same stations, lying for wide screens and standing for narrow ones, so that the words keep their size.
 */
export function TunnelDiagram({ host }: { host: string }) {
  const stations: Station[] = [
    { title: "Your program", note: "127.0.0.1:11434" },
    { title: "Connector", note: "dials out, no open port" },
    { title: "Relay", note: "keys, limits, log", hot: true },
    { title: "Anyone you let in", note: host },
  ];
  return (
    <>
      <Drawing stations={stations} lying className="hidden h-auto w-full lg:block" />
      <Drawing stations={stations} className="mx-auto h-auto w-full max-w-64 lg:hidden" />
    </>
  );
}

function Drawing({
  stations,
  lying = false,
  className,
}: {
  stations: Station[];
  lying?: boolean;
  className: string;
}) {
  const gap = lying ? 96 : 52;
  const step = (lying ? box.width : box.height) + gap;
  const span = step * stations.length - gap;
  const viewBox = lying ? `-1 -1 ${span + 2} ${box.height + 2}` : `-1 -1 ${box.width + 2} ${span + 2}`;
  return (
    <svg viewBox={viewBox} className={className} role="img" aria-label="How a request travels">
      <title>
        Your program is reached by the connector, which dials out to the relay; people and programs you let in
        call the relay.
      </title>
      {stations.map((station, index) => {
        const at = { x: lying ? index * step : 0, y: lying ? 0 : index * step };
        const last = index === stations.length - 1;
        return (
          <g key={station.title}>
            {last ? null : <Line from={at} lying={lying} gap={gap} />}
            <rect
              {...at}
              {...box}
              rx="8"
              className={classNames(
                station.hot ? "fill-hot-wash stroke-hot" : "fill-surface stroke-line-strong",
              )}
            />
            <text
              x={at.x + box.width / 2}
              y={at.y + 37}
              textAnchor="middle"
              className="fill-ink text-[15px] font-semibold"
            >
              {station.title}
            </text>
            <text
              x={at.x + box.width / 2}
              y={at.y + 58}
              textAnchor="middle"
              className={classNames("font-mono text-[11.5px]", station.hot ? "fill-hot-ink" : "fill-mute")}
            >
              {station.note}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

function Line({ from, lying, gap }: { from: { x: number; y: number }; lying: boolean; gap: number }) {
  // Drawn from the caller's side to the program's side: that is how a request moves along it.
  const near = lying ? from.x + box.width : from.y + box.height;
  const line = lying
    ? { x1: near + gap, y1: box.height / 2, x2: near, y2: box.height / 2 }
    : { x1: box.width / 2, y1: near + gap, x2: box.width / 2, y2: near };
  return (
    <>
      <line {...line} className="stroke-line-strong" strokeWidth="1.5" />
      <line {...line} className="stroke-hot travelling" strokeWidth="2.5" strokeLinecap="round" />
    </>
  );
}
