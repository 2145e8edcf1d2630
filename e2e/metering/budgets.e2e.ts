import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAccessKey } from "../../db/testing/index.ts";
import { announce } from "../fixtures/change-events.ts";
import { gate, within } from "../fixtures/gate.ts";
import { promised } from "../fixtures/promised.ts";
import { fieldValues, rawRequest } from "../fixtures/raw-http.ts";
import { until } from "../fixtures/until.ts";
import { bodyOf, startUpstream, type Upstream } from "../standins/upstream.ts";
import { expectOurError } from "../tunnel/error-answer.ts";
import { connect, type LabTenant, makeTenant } from "../tunnel/lab.ts";
import { relayWorld } from "../tunnel/relay-world.ts";

const world = await relayWorld();
const { db } = world;
let upstream: Upstream;

beforeAll(async () => {
  upstream = await startUpstream();
  upstream.on("/quick", (_req, res) => res.end("quick"));
});
afterAll(() => upstream?.stop());

interface Key {
  readonly accessKeyId: string;
  readonly secret: string;
}

async function connectedTenant(plan: "free" | "pro" = "pro"): Promise<LabTenant> {
  const tenant = await makeTenant(world, { plan });
  await connect(world, tenant, { to: upstream.url });
  return tenant;
}

/** A hard budget of a day, announced as the portal does. @returns its id */
async function putBudget(
  { tenantId }: LabTenant,
  key: Key | null,
  metric: "requests" | "tokens",
  limit: number,
): Promise<string> {
  const id = `bud_${randomBytes(8).toString("hex")}`;
  const owner = { id, tenant_id: tenantId, access_key_id: key?.accessKeyId ?? null };
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto("budgets")
      .values({ ...owner, metric, period: "day", limit_value: limit, hard: true })
      .execute();
    await announce(tx, { type: "budgets", tenantId });
  });
  return id;
}

const ask = (tenant: LabTenant, key: Key | null, path = "/quick") =>
  rawRequest(world.relay.port, [
    `GET ${path} HTTP/1.1`,
    `Host: ${tenant.host}`,
    ...(key ? [`Authorization: Bearer ${key.secret}`] : []),
  ]);

/** What Postgres has counted for a key; null: for the whole tenant. */
async function counted({ tenantId }: LabTenant, key: Key | null) {
  const sums = await db
    .selectFrom("usage_hourly")
    .select((eb) => [
      eb.fn.coalesce(eb.fn.sum<number>("requests"), eb.lit(0)).as("requests"),
      eb.fn.coalesce(eb.fn.sum<number>("input_tokens"), eb.lit(0)).as("input"),
      eb.fn.coalesce(eb.fn.sum<number>("output_tokens"), eb.lit(0)).as("output"),
    ])
    .where("tenant_id", "=", tenantId)
    .$if(key !== null, (query) => query.where("access_key_id", "=", key!.accessKeyId))
    .executeTakeFirstOrThrow();
  return { requests: Number(sums.requests), input: Number(sums.input), output: Number(sums.output) };
}

/** The rows of refused requests, once there are as many. */
const refusedRows = ({ tenantId }: LabTenant, code: string, count: number) =>
  until(async () => {
    const rows = await db
      .selectFrom("request_log")
      .select(["forwarded", "status", "connector_id", "access_key_id"])
      .where("tenant_id", "=", tenantId)
      .where("error_code", "=", code)
      .execute();
    expect(rows).toHaveLength(count);
    return rows;
  });

function expectRetryAtMidnight(answer: Awaited<ReturnType<typeof ask>>): void {
  const seconds = Number(fieldValues(answer, "retry-after")[0]);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(86_400);
  expect(fieldValues(answer, "x-should-retry")).toEqual(["false"]);
}

/**
 * A model that says one token an event and states how many so far, and one of input; the next event comes when the reader
 * has the last, the second one when all readers have their first.
 */
class SlowModel {
  private readonly readers = new Map<string, { next: () => void }>();
  private arrived = 0;
  private readonly together = gate();
  private begun = 0;
  private readonly allBegun = gate();
  private readonly parallel: number;

  /** @param parallel answers begin when as many requests are there */
  constructor(parallel: number) {
    this.parallel = parallel;
  }

  /** The reader has seen an event. */
  seen(name: string): void {
    this.readers.get(name)?.next();
  }

  async answer(body: { user: string; max_tokens: number }, res: ServerResponse): Promise<void> {
    const { user, max_tokens } = body;
    if (++this.arrived === this.parallel) this.together.open();
    await this.together.opened;
    const closed = gate();
    res.once("close", () => closed.open());
    res.writeHead(200, { "content-type": "text/event-stream" });
    for (let said = 1; said <= max_tokens && !res.destroyed; said++) {
      const wasRead = gate();
      this.readers.set(user, { next: () => wasRead.open() });
      res.write(event({ delta: { content: "x" }, finish_reason: null }, said));
      await Promise.race([wasRead.opened, closed.opened]);
      if (said > 1) continue;
      if (++this.begun === this.parallel) this.allBegun.open();
      await Promise.race([this.allBegun.opened, closed.opened]);
    }
    res.write(event({ delta: {}, finish_reason: "stop" }, max_tokens));
    res.end("data: [DONE]\n\n");
  }
}

function event(choice: object, said: number): string {
  const usage = { prompt_tokens: 1, completion_tokens: said, total_tokens: said + 1 };
  const chunk = { id: "c", object: "chat.completion.chunk", created: 1, model: "m" };
  return `data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, ...choice }], usage })}\n\n`;
}

/** One answer as the published client of OpenAI reads it. */
async function readAnswer(tenant: LabTenant, key: Key, model: SlowModel, name: string, maxTokens: number) {
  const bytes: Promise<string>[] = [];
  const client = new OpenAI({
    apiKey: key.secret,
    baseURL: `${tenant.url}/v1`,
    maxRetries: 0,
    async fetch(url, init) {
      const answer = await fetch(url, init);
      const [forClient, forTest] = answer.body!.tee();
      bytes.push(new Response(forTest).text());
      return new Response(forClient, answer);
    },
  });
  const stream = await client.chat.completions.create({
    model: "m",
    messages: [],
    user: name,
    max_tokens: maxTokens,
    stream: true,
  });
  let tokens = 0;
  const finishReasons: string[] = [];
  for await (const { choices } of stream) {
    const [choice] = choices;
    if (choice?.delta.content) {
      tokens += choice.delta.content.length;
      model.seen(name);
    }
    if (choice?.finish_reason) finishReasons.push(choice.finish_reason);
  }
  return { tokens, finishReasons, text: await bytes[0]! };
}

describe("a key with 50 tokens a day", () => {
  const parts = {} as { tenant: LabTenant; key: Key; other: Key };
  const PARALLEL = 20;
  const LIMIT = 50;

  beforeAll(async () => {
    parts.tenant = await connectedTenant();
    parts.key = await createAccessKey(db, parts.tenant);
    parts.other = await createAccessKey(db, parts.tenant);
    await putBudget(parts.tenant, parts.key, "tokens", LIMIT);
  });

  test("20 running answers end well-formed, with at most one event each above it, and what was delivered is what is counted", async () => {
    const { tenant, key, other } = parts;
    const model = new SlowModel(PARALLEL);
    upstream.on("/v1/chat/completions", async (req, res) =>
      model.answer(JSON.parse((await bodyOf(req)).toString()), res),
    );
    const answers = await within(
      30_000,
      "all answers end",
      Promise.all(
        Array.from({ length: PARALLEL }, (_, number) =>
          readAnswer(tenant, key, model, `reader ${number}`, 1_000),
        ),
      ),
    );
    for (const { finishReasons, text } of answers) {
      expect(finishReasons).toEqual(["length"]);
      expect(text).toMatch(/\n\ndata: \[DONE\]\n\n$/);
    }
    const output = answers.reduce((sum, { tokens }) => sum + tokens, 0);
    expect(output + PARALLEL).toBeGreaterThanOrEqual(LIMIT);
    expect(output + PARALLEL).toBeLessThanOrEqual(LIMIT + PARALLEL);

    const refused = await ask(tenant, key);
    expectOurError(refused, 429, "budget_exceeded");
    expectRetryAtMidnight(refused);
    expect(refused.body.toString()).toContain("this access key");

    const alone = new SlowModel(1);
    upstream.on("/v1/chat/completions", async (req, res) =>
      alone.answer(JSON.parse((await bodyOf(req)).toString()), res),
    );
    const ofOther = await readAnswer(tenant, other, alone, "other", 60);
    expect([ofOther.tokens, ofOther.finishReasons]).toEqual([60, ["stop"]]);

    await until(async () => {
      expect(await counted(tenant, key)).toEqual({ requests: PARALLEL, input: PARALLEL, output });
      expect(await counted(tenant, other)).toEqual({ requests: 1, input: 1, output: 60 });
    });
    const [row] = await refusedRows(tenant, "budget_exceeded", 1);
    expect(row).toMatchObject({ forwarded: false, status: 429, access_key_id: key.accessKeyId });
  });

  test("what was used is still used after the relay was started again", async () => {
    const { tenant, key, other } = parts;
    world.relay.process.kill("SIGTERM");
    expect(await world.relay.process.exited).toBe(0);
    await world.restartRelay();
    await until(async () => expect((await ask(tenant, other)).status).toBe(200), 30_000);
    expectOurError(await ask(tenant, key), 429, "budget_exceeded");
  });
});

describe("a key with 7 requests a day", () => {
  const parts = {} as { tenant: LabTenant; key: Key; budgetId: string };

  beforeAll(async () => {
    parts.tenant = await connectedTenant();
    parts.key = await createAccessKey(db, parts.tenant);
    parts.budgetId = await putBudget(parts.tenant, parts.key, "requests", 7);
  });

  test("exactly seven of forty at once pass, also while none of them has an answer", async () => {
    const { tenant, key } = parts;
    const allRefused = gate();
    let refused = 0;
    upstream.on("/held", async (_req, res) => {
      await allRefused.opened;
      res.end("held");
    });
    const statuses = await within(
      30_000,
      "33 refusals and 7 answers",
      Promise.all(
        Array.from({ length: 40 }, async () => {
          const { status } = await ask(tenant, key, "/held");
          if (status === 429 && ++refused === 33) allRefused.open();
          return status;
        }),
      ),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(7);
    expect(statuses.filter((status) => status === 429)).toHaveLength(33);
    expect(upstream.seenAt("/held")).toHaveLength(7);
    await until(async () => expect((await counted(tenant, key)).requests).toBe(7));
    for (const row of await refusedRows(tenant, "budget_exceeded", 33)) expect(row.forwarded).toBe(false);
    expectOurError(await ask(tenant, key), 429, "budget_exceeded");
  });

  test("a raised limit lets requests through within 2 s, as many as it was raised by", async () => {
    const { tenant, key, budgetId } = parts;
    await db.transaction().execute(async (tx) => {
      await tx.updateTable("budgets").set({ limit_value: 9 }).where("id", "=", budgetId).execute();
      await announce(tx, { type: "budgets", tenantId: tenant.tenantId });
    });
    await until(async () => expect((await ask(tenant, key)).status).toBe(200), promised(2_000));
    expect((await ask(tenant, key)).status).toBe(200);
    expectOurError(await ask(tenant, key), 429, "budget_exceeded");
  });
});

test("a free plan ends at what it includes; what is refused is in the log and on no bill", async () => {
  const tenant = await connectedTenant("free");
  const hour = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000);
  const nothing = { errors: 0, bytes_in: 0, bytes_out: 0, connection_ms: 0, unmetered_requests: 0 };
  await db
    .insertInto("usage_hourly")
    .values({
      tenant_id: tenant.tenantId,
      hour,
      endpoint_id: tenant.endpointId,
      access_key_id: "",
      model: "",
      requests: 250_000,
      ...nothing,
      input_tokens: 0,
      cached_tokens: 0,
      cache_write_tokens: 0,
      output_tokens: 0,
      reasoning_tokens: 0,
      estimated_tokens: 0,
    })
    .execute();
  const before = upstream.seen.length;
  const answer = await ask(tenant, null);
  expectOurError(answer, 429, "quota_exceeded");
  expect(Number(fieldValues(answer, "retry-after")[0])).toBeGreaterThan(0);
  expect(upstream.seen).toHaveLength(before);
  const [row] = await refusedRows(tenant, "quota_exceeded", 1);
  expect(row).toMatchObject({ forwarded: false, status: 429, connector_id: null });
  expect((await counted(tenant, null)).requests).toBe(250_000);
});
