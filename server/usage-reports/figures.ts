import { type RawBuilder, sql } from "kysely";

/** Everything that a roll-up counts, under the names that reports show: the name of the figure and its column. */
const columnOf = {
  requests: "requests",
  errors: "errors",
  bytesIn: "bytes_in",
  bytesOut: "bytes_out",
  connectionMs: "connection_ms",
  inputTokens: "input_tokens",
  cachedTokens: "cached_tokens",
  cacheWriteTokens: "cache_write_tokens",
  outputTokens: "output_tokens",
  reasoningTokens: "reasoning_tokens",
  estimatedTokens: "estimated_tokens",
  unmeteredRequests: "unmetered_requests",
} as const;

export type FigureName = keyof typeof columnOf;
export const figureNames = Object.keys(columnOf) as FigureName[];
export type Figures = Readonly<Record<FigureName, number>>;

/** What a chart may show: a figure, or two figures added. Parts never overlap. */
const partsOf = {
  requests: ["requests"],
  errors: ["errors"],
  bytes: ["bytesIn", "bytesOut"],
  bytesIn: ["bytesIn"],
  bytesOut: ["bytesOut"],
  connectionMs: ["connectionMs"],
  tokens: ["inputTokens", "outputTokens"],
  inputTokens: ["inputTokens"],
  cachedTokens: ["cachedTokens"],
  cacheWriteTokens: ["cacheWriteTokens"],
  outputTokens: ["outputTokens"],
  reasoningTokens: ["reasoningTokens"],
  estimatedTokens: ["estimatedTokens"],
  unmeteredRequests: ["unmeteredRequests"],
} as const satisfies Record<string, readonly FigureName[]>;

export type MetricName = keyof typeof partsOf;
export const metricNames = Object.keys(partsOf) as [MetricName, ...MetricName[]];

/** The value of a metric in figures that were added up. */
export function metricOf(figures: Figures, metric: MetricName): number {
  return partsOf[metric].reduce((sum, name) => sum + figures[name], 0);
}

/** The sum of a metric over rows of a roll-up under the alias `u`, 0 for none. */
export function sumOf(metric: MetricName): RawBuilder<number> {
  const columns = partsOf[metric].map((name) => sql`u.${sql.ref(columnOf[name])}`);
  return sql`coalesce(sum(${sql.join(columns, sql` + `)}), 0)::bigint`;
}

/** `sum(u.requests) as "requests", …` for every figure. */
export function sumsOfAllFigures(): RawBuilder<unknown> {
  return sql.join(figureNames.map((name) => sql`${sumOf(name)} as ${sql.ref(name)}`));
}

export const noFigures = Object.fromEntries(figureNames.map((name) => [name, 0])) as Figures;

/** The figures of a row that has more than them. */
export function pickFigures(row: Figures): Figures {
  return Object.fromEntries(figureNames.map((name) => [name, row[name]])) as Figures;
}
