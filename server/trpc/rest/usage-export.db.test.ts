import { expect, test } from "vitest";
import { createEndpoint, createTenant, createTestDb } from "../../../db/testing/index.ts";
import { createMemoryLimiter } from "../../limits/index.ts";
import { makeDeps, openLimits, sessionOf, startRest } from "../../testing/api.ts";
import { applyUsageBatch } from "../../usage/index.ts";
import { usageBatch, usageRecord, usageTokens } from "../../usage/testing.ts";

const { db } = await createTestDb();
const tenant = await createTenant(db, { plan: "pro" });
const stranger = await createTenant(db, { plan: "pro" });
const endpoint = await createEndpoint(db, tenant, { slug: "exported" });
const limiter = createMemoryLimiter({
  ...openLimits,
  export: { seconds: 60, perAddress: 1000, perTenant: 25 },
});
const base = await startRest(makeDeps(db, { limiter }), {
  owner: sessionOf(tenant),
  stranger: sessionOf(stranger),
});
await applyUsageBatch(
  db,
  usageBatch(
    "journal-1",
    1,
    ['=HYPERLINK("http://x")', "llama3", "llama3"].map((model, index) =>
      usageRecord({
        requestId: `req_${index}`,
        tenantId: tenant.tenantId,
        endpointId: endpoint.endpointId,
        endedAt: Date.UTC(2026, 10, 20, 12, index),
        usage: usageTokens({ model }),
      }),
    ),
  ),
);

const get = (search: string, user = "owner") =>
  fetch(`${base}/api/usage/export?${search}`, { headers: { "x-test-user": user } });
const days = "from=2026-11-19&to=2026-11-22";

test("CSV: a row for each bucket and group with usage; a model's name is no formula", async () => {
  const answer = await get(`${days}&by=model`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect(answer.headers.get("content-disposition")).toBe(
    'attachment; filename="hotspot-usage-2026-11-19-2026-11-22-by-day-and-model.csv"',
  );
  const [head, ...lines] = (await answer.text()).split("\r\n");
  expect(head).toBe(
    "start,end,model_id,model,requests,errors,bytes_in,bytes_out,connection_ms,input_tokens,cached_tokens,cache_write_tokens,output_tokens,reasoning_tokens,estimated_tokens,unmetered_requests",
  );
  const day = "2026-11-20T00:00:00.000Z,2026-11-21T00:00:00.000Z";
  const formula = `"'=HYPERLINK(""http://x"")"`;
  expect(lines).toEqual([
    `${day},${formula},${formula},1,0,10,20,30,100,40,0,7,2,0,0`,
    `${day},llama3,llama3,2,0,20,40,60,200,80,0,14,4,0,0`,
    "",
  ]);
});

test("JSON: the same rows", async () => {
  const answer = await get(`${days}&by=endpoint&format=json&bucket=hour`);
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect(await answer.json()).toMatchObject({
    from: "2026-11-19T00:00:00.000Z",
    bucket: "hour",
    by: "endpoint",
    rows: [
      {
        start: "2026-11-20T12:00:00.000Z",
        group: { id: endpoint.endpointId, label: "exported" },
        requests: 3,
        inputTokens: 300,
      },
    ],
  });
  expect(await (await get(`${days}&format=json&bucket=day`)).json()).toMatchObject({
    by: null,
    rows: [{ requests: 3 }],
  });
});

test("nothing of another tenant's is in a file, and nobody gets one without a session or key", async () => {
  expect((await (await get(`${days}&format=json`, "stranger")).json()).rows).toEqual([]);
  expect((await get(`${days}&slug=exported`, "stranger")).status).toBe(404);
  expect((await get(days, "nobody")).status).toBe(401);
});

test.each([
  ["from=2026-01-01&to=2027-06-01", 400, "range_too_long"],
  [`${days}&format=xls`, 400, "invalid_input"],
  [`${days}&timeZone=Mars`, 400, "invalid_time_zone"],
  [`${days}&model=%00`, 400, "invalid_input"],
  [`${days}&slug=missing`, 404, "endpoint_not_found"],
])("%s is refused before the file begins", async (search, status, code) => {
  const answer = await get(search);
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-disposition")).toBeNull();
  expect((await answer.json()).error).toMatchObject({ code, requestId: "req-rest" });
});

test("other methods are told so, HEAD has no body, and files are not made without end", async () => {
  expect((await fetch(`${base}/api/usage/export`, { method: "POST" })).status).toBe(405);
  const head = await fetch(`${base}/api/usage/export?${days}`, {
    method: "HEAD",
    headers: { "x-test-user": "owner" },
  });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  let refused: Response | undefined;
  for (let n = 0; n < 25 && refused === undefined; n++) {
    const answer = await get(days);
    await answer.clone().text();
    if (answer.status === 429) refused = answer;
  }
  expect((await refused!.json()).error.code).toBe("rate_limited");
});

test("the API document has the route", async () => {
  const { openApiDocument } = await import("./index.ts");
  const operation = openApiDocument({ portalUrl: "http://portal" }).paths?.["/api/usage/export"]?.get;
  expect(operation?.parameters).toContainEqual(expect.objectContaining({ name: "format", in: "query" }));
});
