import { sql } from "kysely";
import { beforeEach, describe, expect, test } from "vitest";
import { createTestDb } from "../../db/testing/index.ts";
import { receiveWebhook } from "./index.ts";
import { makeEvent, makeInstruments, makeThinEvent, sign, stripe, webhookSecret } from "./testing.ts";
import type { WebhookRoute } from "./verify.ts";

const { db } = await createTestDb();
const now = new Date();
const minutes = (count: number) => new Date(now.getTime() + count * 60_000);

function makeReceiver(route: WebhookRoute = "snapshot", livemode = false) {
  const instruments = makeInstruments();
  const deps = { db, stripe, route, secret: webhookSecret, livemode, now: () => now, ...instruments };
  return {
    ...instruments,
    receive: ({ raw, signature }: { raw: Buffer; signature?: string }) =>
      receiveWebhook(deps, raw, signature),
  };
}
const storedIds = async () =>
  (await db.selectFrom("stripe_events").select("id").execute()).map(({ id }) => id);
const jobs = async () =>
  (
    await sql<{ key: string; payload: unknown }>`
      select key, payload from graphile_worker._private_jobs order by key`.execute(db)
  ).rows;

beforeEach(async () => {
  await db.deleteFrom("stripe_events").execute();
  await sql`delete from graphile_worker._private_jobs`.execute(db);
});

describe("stored", () => {
  test("once, with one job, however often and at how many portals it comes", async () => {
    const { receive, registry } = makeReceiver();
    const event = makeEvent();
    const again = () => receive(sign(event, { at: now }));
    expect(await again()).toEqual({ received: true });
    expect(await Promise.all([again(), again(), again()])).toHaveLength(3);
    const rows = await db.selectFrom("stripe_events").selectAll().execute();
    expect(rows).toMatchObject([
      {
        id: event.id,
        type: event.type,
        source: "webhook",
        api_version: "2026-10-28.endive",
        object_id: "sub_1",
        customer_id: "cus_1",
        payload: event,
        processed_at: null,
        attempts: 0,
      },
    ]);
    expect(await jobs()).toEqual([{ key: "stripe:cus_1", payload: { customerId: "cus_1" } }]);
    const metrics = await registry.metrics();
    expect(metrics).toContain('hotspot_stripe_webhooks_total{route="snapshot",outcome="stored"} 1');
    expect(metrics).toContain('hotspot_stripe_webhooks_total{route="snapshot",outcome="known"} 3');
  });

  test("many events of a customer wait for one job", async () => {
    const { receive } = makeReceiver();
    for (let i = 0; i < 5; i++) await receive(sign(makeEvent()));
    expect(await storedIds()).toHaveLength(5);
    expect(await jobs()).toHaveLength(1);
  });

  test("of a type and version that nobody knows, and with characters that Postgres refuses", async () => {
    const { receive } = makeReceiver();
    const data = { object: { id: "x_1", object: "thing", note: "a\0b\ud800" } };
    const event = makeEvent({ type: "thing.happened", api_version: "2031-01-01.zebra", data });
    await receive(sign(event));
    expect(await db.selectFrom("stripe_events").select(["customer_id", "payload"]).execute()).toEqual([
      {
        customer_id: null,
        payload: { ...event, data: { object: { ...data.object, note: "a\ufffdb\ufffd" } } },
      },
    ]);
  });

  test.each([
    [{ id: "cus_7", object: "customer" }, undefined, "cus_7"],
    [{ id: "in_1", object: "invoice", customer: { id: "cus_8" } }, undefined, "cus_8"],
    [{ id: "pm_1", object: "payment_method", customer: null }, { customer: "cus_9" }, "cus_9"],
    [{ object: "balance" }, undefined, null],
  ])("with the customer of %j", async (object, previous_attributes, customer_id) => {
    const { receive } = makeReceiver();
    await receive(sign(makeEvent({ data: { object, previous_attributes } })));
    expect(await db.selectFrom("stripe_events").select("customer_id").execute()).toEqual([{ customer_id }]);
  });

  test("a thin event on its own route", async () => {
    const { receive } = makeReceiver("thin");
    const event = makeThinEvent();
    await receive(sign(event));
    expect(await db.selectFrom("stripe_events").select(["id", "source", "object_id"]).execute()).toEqual([
      { id: event.id, source: "thin", object_id: "mtr_1" },
    ]);
  });

  test("when signed with the old and the new secret while one is exchanged", async () => {
    const { receive } = makeReceiver();
    const event = makeEvent();
    const old = sign(event, { secret: "whsec_before" }).signature.split(",v1=")[1];
    const { raw, signature } = sign(event);
    await receive({ raw, signature: `${signature},v1=${old},v0=ignored` });
    expect(await storedIds()).toEqual([event.id]);
  });
});

describe("refused, logged and counted, nothing stored", () => {
  const event = makeEvent();
  const signed = sign(event, { at: now });
  const forged = sign(event, { secret: "whsec_somebody_elses", at: now });
  const changed = Buffer.from(JSON.stringify({ ...event, livemode: false, id: "evt_other" }));
  const t = Math.floor(now.getTime() / 1_000);

  test.each<[string, { raw: Buffer; signature?: string }, string, WebhookRoute?, boolean?]>([
    ["no signature", { raw: signed.raw }, "signature"],
    ["an empty signature", { raw: signed.raw, signature: "" }, "signature"],
    ["a signature of another secret", forged, "signature"],
    ["a body changed after it was signed", { ...signed, raw: changed }, "signature"],
    ["a byte more", { ...signed, raw: Buffer.concat([signed.raw, Buffer.from(" ")]) }, "signature"],
    ["no body", { ...signed, raw: Buffer.alloc(0) }, "signature"],
    [
      "a time that is no number",
      { ...signed, signature: signed.signature.replace(/t=\d+/, "t=x") },
      "signature",
    ],
    ["two times", { ...signed, signature: `t=1,${signed.signature}` }, "signature"],
    ["only another scheme", { ...signed, signature: signed.signature.replace("v1=", "v0=") }, "signature"],
    ["signed six minutes ago", sign(event, { at: minutes(-6) }), "too_old"],
    ["signed for in six minutes", sign(event, { at: minutes(6) }), "in_the_future"],
    ["a test event for a live key", signed, "wrong_mode", "snapshot", true],
    ["a live event for a test key", sign(makeEvent({ livemode: true }), { at: now }), "wrong_mode"],
    ["another account's", sign(makeEvent({ account: "acct_other" }), { at: now }), "other_account"],
    ["thin on the snapshot route", sign(makeThinEvent(), { at: now }), "wrong_route"],
    ["snapshot on the thin route", signed, "wrong_route", "thin"],
    ["thin, forged", sign(makeThinEvent(), { secret: "whsec_x", at: now }), "signature", "thin"],
    ["thin, old", sign(makeThinEvent(), { at: minutes(-6) }), "too_old", "thin"],
    ["thin, of the future", sign(makeThinEvent(), { at: minutes(6) }), "in_the_future", "thin"],
    ["thin, of live mode", sign(makeThinEvent({ livemode: true }), { at: now }), "wrong_mode", "thin"],
    [
      "thin, another account's",
      sign(makeThinEvent({ context: "acct_o" }), { at: now }),
      "other_account",
      "thin",
    ],
    ["no JSON", sign("{", { at: now }), "malformed"],
    ["JSON, but null", sign("null", { at: now }), "malformed"],
    ["JSON, but a list, thin", sign("[]", { at: now }), "malformed", "thin"],
    ["no id", sign(makeEvent({ id: 7 }), { at: now }), "malformed"],
    ["an id that is none", sign(makeEvent({ id: "evt_';drop" }), { at: now }), "malformed"],
    ["no object inside", sign(makeEvent({ data: {} }), { at: now }), "malformed"],
    ["a time of creation that is none", sign(makeEvent({ created: "soon" }), { at: now }), "malformed"],
  ])("%s", async (_name, request, reason, route = "snapshot", livemode = false) => {
    const { receive, lines, registry } = makeReceiver(route, livemode);
    await expect(receive(request)).rejects.toMatchObject({ kind: "invalid", code: `webhook_${reason}` });
    expect(lines).toEqual([
      { level: "warn", message: "webhook refused", route, reason, bytes: request.raw.length },
    ]);
    expect(await registry.metrics()).toContain(
      `hotspot_stripe_webhooks_total{route="${route}",outcome="${reason}"} 1`,
    );
    expect(await storedIds()).toEqual([]);
    expect(await jobs()).toEqual([]);
  });

  test("five minutes to either side still pass", async () => {
    const { receive } = makeReceiver();
    await receive(sign(makeEvent(), { at: new Date((t - 300) * 1_000) }));
    await receive(sign(makeEvent(), { at: new Date((t + 300) * 1_000) }));
    expect(await storedIds()).toHaveLength(2);
  });
});
