import { afterAll, beforeAll, expect, test } from "vitest";
import { RawHttp } from "../fixtures/raw-http.ts";
import { until } from "../fixtures/until.ts";
import { connect, type LabTenant, makeTenant } from "../tunnel/lab.ts";
import { relayWorld } from "../tunnel/relay-world.ts";
import { totalOutput } from "./model-answer.ts";
import { type ModelPlan, modelPlan } from "./model-plan.ts";
import { deliveryOf, type ModelUpstream, startModelUpstream } from "./model-upstream.ts";

/** What a tenant is billed is what passed: 10,000 requests to models whose answers are known, through relay and connector. */
const REQUESTS = 10_000;
const WORKERS = 24;
const REQUEST_TIMEOUT_MS = 15_000;
/** 40 bytes: ten tokens by the rule for estimates. */
const PROMPT = "forty bytes of text that nobody counts..";

const world = await relayWorld();
const parts = {} as { upstream: ModelUpstream; tenant: LabTenant };

beforeAll(async () => {
  parts.upstream = await startModelUpstream();
  parts.tenant = await makeTenant(world, { plan: "team" });
  await connect(world, parts.tenant, { to: parts.upstream.url });
});
afterAll(() => parts.upstream?.stop());

test("tokens recorded are tokens delivered, to the token, and within one event where an answer ended early", {
  timeout: 90_000,
}, async () => {
  const started = performance.now();
  let next = 0;
  const problems: string[] = [];
  await Promise.all(
    Array.from({ length: WORKERS }, async () => {
      const client = { http: null as RawHttp | null };
      for (let number = next++; number < REQUESTS; number = next++) {
        const problem = await inTime(ask(client, modelPlan(number))).catch((error: unknown) => {
          client.http?.close();
          client.http = null;
          return String(error);
        });
        if (problem !== null) problems.push(`${number}: ${problem} ${JSON.stringify(modelPlan(number))}`);
      }
      client.http?.close();
    }),
  );
  expect(problems).toEqual([]);
  const asked = performance.now();

  const count = async () =>
    (
      await world.db
        .selectFrom("request_log")
        .select((eb) => eb.fn.countAll<number>().as("rows"))
        .where("tenant_id", "=", parts.tenant.tenantId)
        .executeTakeFirstOrThrow()
    ).rows;
  await until(async () => expect(await count()).toBe(REQUESTS), 60_000, 200);
  const rows = await world.db
    .selectFrom("request_log")
    .select([
      "path",
      "status",
      "input_tokens",
      "output_tokens",
      "cached_tokens",
      "reasoning_tokens",
      "usage_source",
      "usage_status",
      "model",
    ])
    .where("tenant_id", "=", parts.tenant.tenantId)
    .execute();
  expect(rows).toHaveLength(REQUESTS);
  const sums = { input: 0, output: 0, aborted: 0, abortedStreams: 0, offByOneEvent: 0, estimated: 0 };
  for (const row of rows) {
    const plan = modelPlan(Number(/^\/n(\d+)\//.exec(row.path)?.[1]));
    const expected = expectation(plan);
    const recorded = {
      input: row.input_tokens,
      cached: row.cached_tokens,
      reasoning: row.reasoning_tokens,
      source: row.usage_source,
      status: row.usage_status,
    };
    const { output, slack, ...rest } = expected;
    const off = Math.abs((row.output_tokens ?? -1) - output);
    const same = Object.entries(rest).every(
      ([name, value]) => recorded[name as keyof typeof recorded] === value,
    );
    if (off > slack || !same)
      problems.push(
        `${JSON.stringify(plan)} ${JSON.stringify({ recorded, out: row.output_tokens, expected })}`,
      );
    sums.input += row.input_tokens ?? 0;
    sums.output += row.output_tokens ?? 0;
    if (plan.stream && slack > 0) sums.abortedStreams++;
    if (plan.stream && off > 0) sums.offByOneEvent++;
    if (plan.ending.endsWith("abort")) sums.aborted++;
    if (row.usage_source === "estimated") sums.estimated++;
  }
  expect(problems.slice(0, 10)).toEqual([]);

  const hourly = await world.db
    .selectFrom("usage_hourly")
    .select((eb) => [
      eb.fn.sum<number>("input_tokens").as("input"),
      eb.fn.sum<number>("output_tokens").as("output"),
      eb.fn.sum<number>("requests").as("requests"),
    ])
    .where("tenant_id", "=", parts.tenant.tenantId)
    .executeTakeFirstOrThrow();
  expect({
    input: Number(hourly.input),
    output: Number(hourly.output),
    requests: Number(hourly.requests),
  }).toEqual({
    input: sums.input,
    output: sums.output,
    requests: REQUESTS,
  });
  const seconds = (from: number, to: number) => Math.round((to - from) / 100) / 10;
  process.stdout.write(
    `truth: ${REQUESTS} requests in ${seconds(started, asked)} s, in the log after ${seconds(asked, performance.now())} s more; ${JSON.stringify(sums)}\n`,
  );
});

/** One that hangs is named, rather than the whole test. */
function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), REQUEST_TIMEOUT_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Sends one request and reads what its plan lets it read. @returns what was wrong with the answer, null when nothing */
async function ask(client: { http: RawHttp | null }, plan: ModelPlan): Promise<string | null> {
  client.http ??= await RawHttp.open(world.relay.port);
  const { http } = client;
  const body = requestBody(plan);
  const lines = [
    `POST ${plan.path} HTTP/1.1`,
    `Host: ${parts.tenant.host}`,
    "Content-Type: application/json",
    "Accept-Encoding: gzip, br",
  ];
  if (plan.number % 5 === 0) {
    http.request([...lines, "Transfer-Encoding: chunked"], chunked(body, 1 + (plan.number % 60)));
  } else {
    http.request([...lines, `Content-Length: ${Buffer.byteLength(body)}`], body);
  }
  const { clientBytes, bytes } = deliveryOf(plan, isAsked(plan));
  if (!plan.ending.endsWith("abort")) {
    const response = await http.response("POST");
    if (plan.ending === "refused") return response.status >= 400 ? null : `status ${response.status}`;
    if (response.status !== 200) return `status ${response.status}`;
    const isPlain = !response.fields.some(([name]) => name.toLowerCase() === "content-encoding");
    return !isPlain || response.body.equals(clientBytes) ? null : "the answer's bytes differ";
  }
  const head = await http.readHead();
  if (head.status !== 200) return `status ${head.status}`;
  const seen: Buffer[] = [];
  for (let length = 0; length < clientBytes.length; length += seen.at(-1)!.length)
    seen.push(await http.readChunk());
  if (plan.ending === "upstream-abort") {
    parts.upstream.received(plan.number);
    await http.closed();
  }
  client.http = null;
  http.close();
  return Buffer.concat(seen).equals(bytes.length === clientBytes.length ? bytes : clientBytes)
    ? null
    : "the bytes before the end differ";
}

/** The relay asks where the client does not. */
const isAsked = (plan: ModelPlan) => plan.stream && (plan.kind === "chat" || plan.kind === "completions");

function requestBody(plan: ModelPlan): string {
  const { kind, stream } = plan;
  const asks =
    isAsked(plan) && plan.usage === "client-asked" ? { stream_options: { include_usage: true } } : {};
  const messages = [{ role: "user", content: PROMPT }];
  const said =
    kind === "chat" || kind === "messages" || kind === "ollama-chat"
      ? { messages }
      : kind === "responses" || kind === "embeddings" || kind === "ollama-embed"
        ? { input: PROMPT }
        : { prompt: PROMPT };
  return JSON.stringify({ model: "m0", ...said, stream, ...asks });
}

function chunked(body: string, size: number): string {
  let out = "";
  for (let at = 0; at < body.length; at += size) {
    const piece = body.slice(at, at + size);
    out += `${piece.length.toString(16)}\r\n${piece}\r\n`;
  }
  return `${out}0\r\n\r\n`;
}

interface Expectation {
  readonly input?: number;
  readonly cached?: number;
  readonly reasoning?: number;
  readonly output: number;
  /** How far the record may be off. */
  readonly slack: number;
  readonly source?: string;
  readonly status: string;
}

/** What has to be recorded, from what the upstream knows that it delivered. */
function expectation(plan: ModelPlan): Expectation {
  const nothing = { input: 0, cached: 0, reasoning: 0, output: 0, slack: 0, source: "none" };
  if (plan.ending === "refused") return { ...nothing, status: "error" };
  const { tokens } = deliveryOf(plan, isAsked(plan));
  const isChat = plan.kind === "chat" || plan.kind === "completions";
  const isMessages = plan.kind === "messages";
  const cached = plan.kind === "chat" || plan.kind === "completions" || isMessages ? plan.cachedTokens : 0;
  const told = { input: plan.promptTokens, cached, slack: 0, source: "provider" };
  const messages = plan.kind === "chat" || plan.kind === "ollama-chat" || isMessages ? 4 : 0;
  const guessed = { input: PROMPT.length / 4 + messages, cached: 0, reasoning: 0, source: "estimated" };
  if (plan.ending === "complete") {
    if (isChat && plan.stream && plan.usage === "never")
      return { ...guessed, output: tokens, slack: 0, status: "complete" };
    return { ...told, output: totalOutput(plan), reasoning: plan.reasoningTokens, status: "complete" };
  }
  const status = plan.ending === "error-event" ? "error" : "partial";
  // One event is all of it: what was read of its text, and no more.
  if (!plan.stream) return { output: totalOutput(plan) / 2, slack: totalOutput(plan) / 2, status };
  const exact = { reasoning: 0, output: tokens, slack: plan.tokensPerEvent, status };
  if (isMessages) return { ...told, ...exact, source: tokens > 0 ? "estimated" : "provider" };
  if (tokens === 0) return { ...nothing, status };
  if (isChat && plan.usage === "every-chunk") return { ...told, ...exact };
  return { ...guessed, ...exact };
}
