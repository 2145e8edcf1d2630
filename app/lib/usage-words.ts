import type { UsageBucket, UsageGroupBy, UsageRequest } from "./api-types.ts";
import { formatBytes, formatCount } from "./format.ts";
import type { UsageMetric, UsagePeriod } from "./usage-query.ts";

/** What a chart may be of: a figure of usage, or of the bucket of hubs. */
export type ChartMetric = UsageMetric | "stored" | "operations";

export const metricTitles: Record<ChartMetric, string> = {
  requests: "Requests",
  bytes: "Data",
  tokens: "Tokens",
  errors: "Errors",
  stored: "Size of the bucket",
  operations: "Operations on the bucket",
};

export const groupingTitles: Record<UsageGroupBy, string> = {
  endpoint: "Endpoint",
  access_key: "Key",
  model: "Model",
};

export const bucketTitles: Record<UsageBucket, string> = { hour: "Hours", day: "Days", month: "Months" };

export const periodTitles: Record<Exclude<UsagePeriod, "custom">, string> = {
  current: "This period",
  previous: "Last period",
  "24h": "24 hours",
  "7d": "7 days",
  "90d": "90 days",
  "12m": "12 months",
};

/** A value to the unit; bytes as people read them. */
export function formatMetric(metric: ChartMetric, value: number): string {
  return isBytes(metric) ? formatBytes(value) : formatCount(value);
}

const isBytes = (metric: ChartMetric) => metric === "bytes" || metric === "stored";

/** A value for an axis: `0`, `250`, `1.5k`, `20M`. */
export function formatTick(metric: ChartMetric, value: number): string {
  if (isBytes(metric)) return value === 0 ? "0" : formatBytes(value).replace(" ", "\u00a0");
  for (const [size, letter] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (value >= size) return `${Number((value / size).toPrecision(3))}${letter}`;
  }
  return String(value);
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * A bucket under an axis (`14:00`, `21 Nov`, `Nov 2026`) and by itself (`21 Nov 2026, 14:00`), in its zone. Numbers come
 * from the library, words from here: so server and browser agree.
 */
export function bucketNames(start: string, bucket: UsageBucket, timeZone: string) {
  const { year, month, day, hour, minute } = partsOf(new Date(start), timeZone);
  const name = `${day} ${months[month - 1]}`;
  if (bucket === "month") {
    const title = `${months[month - 1]} ${year}`;
    return { tick: title, title, startsDay: true };
  }
  if (bucket === "day") return { tick: name, title: `${name} ${year}`, startsDay: true };
  const time = `${hour}:${minute}`;
  const startsDay = hour === "00";
  return { tick: startsDay ? name : time, title: `${name} ${year}, ${time}`, startsDay };
}

/** The days of a report whose end is not part of it: `1 Nov to 10 Nov 2026`, `21 Nov 2026`. */
export function daysWords(from: string, to: string, timeZone: string): string {
  const first = bucketNames(from, "day", timeZone).title;
  const last = bucketNames(new Date(Date.parse(to) - 1).toISOString(), "day", timeZone).title;
  if (first === last) return first;
  return first.slice(-4) === last.slice(-4) ? `${first.slice(0, -5)} to ${last}` : `${first} to ${last}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function partsOf(at: Date, timeZone: string) {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    year: Number(parts.year),
    month: Number(parts.month),
    day: Number(parts.day),
    hour: parts.hour ?? "00",
    minute: parts.minute ?? "00",
  };
}

/** Where the number of tokens of a request comes from. */
export function sourceWords(request: Pick<UsageRequest, "usageSource" | "usageStatus">): string {
  if (request.usageSource === null) return "No language model was asked.";
  const source = {
    provider: "As the model server reported them.",
    estimated: "Estimated by us from the text that passed: the model server reported none.",
    none: "Nobody could tell: the model server reported none and there was no text to estimate from. They are not billed.",
  }[request.usageSource];
  return request.usageStatus === "partial"
    ? `${source} The answer was cut short; what was delivered counts.`
    : source;
}

/** An interface of language models as its makers call it. */
export function apiKindWords(kind: string): string {
  return apiKinds[kind] ?? kind;
}

const apiKinds: Record<string, string> = {
  openai_chat: "OpenAI chat completions",
  openai_completions: "OpenAI completions",
  openai_responses: "OpenAI responses",
  openai_embeddings: "OpenAI embeddings",
  anthropic_messages: "Anthropic messages",
  ollama_chat: "Ollama chat",
  ollama_generate: "Ollama generate",
  ollama_embed: "Ollama embed",
};
