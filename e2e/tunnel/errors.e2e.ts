import { describe, expect, test, vi } from "vitest";
import { announce } from "../fixtures/change-events.ts";
import { freePort } from "../fixtures/free-port.ts";
import { promised } from "../fixtures/promised.ts";
import { fieldValues, rawRequest } from "../fixtures/raw-http.ts";
import { expectOurError } from "./error-answer.ts";
import { connect, type LabTenant, makeTenant, tunnelLab } from "./lab.ts";

const RATE_LIMIT = 30;

const lab = await tunnelLab({
  env: { RELAY_HEADER_TIMEOUT_MS: "4000", RELAY_GRACE_MS: "300", PROXY_RATE_LIMIT_MAX: String(RATE_LIMIT) },
});

const ask = (host: string, path = "/", extra: string[] = []) =>
  rawRequest(lab.port, [`GET ${path} HTTP/1.1`, `Host: ${host}`, ...extra]);

/** Changes a tenant as the portal does: the row and the news of it in one transaction. */
async function changeTenant(
  tenant: LabTenant,
  change: { suspended?: string; unpaid?: boolean },
): Promise<void> {
  await lab.world.db.transaction().execute(async (tx) => {
    await tx
      .updateTable("tenant_settings")
      .set({
        suspended_at: change.suspended ? new Date() : null,
        suspended_reason: change.suspended ?? null,
        billing_state: change.unpaid ? "unpaid" : "ok",
      })
      .where("tenant_id", "=", tenant.tenantId)
      .execute();
    await announce(tx, { type: "tenant", tenantId: tenant.tenantId });
  });
}

describe("the answers of design.md's table", () => {
  test("unknown subdomain: 404 endpoint_not_found", async () => {
    expectOurError(await ask(`nobody-here.localhost:${lab.port}`), 404, "endpoint_not_found");
  });

  test("no connector: 502 connector_offline, after the grace time", async () => {
    const tenant = await makeTenant(lab.world);
    const started = Date.now();
    expectOurError(await ask(tenant.host), 502, "connector_offline");
    expect(Date.now() - started).toBeLessThan(promised(3_000));
  });

  test("upstream refuses the connection: 502 upstream_unreachable", async () => {
    const tenant = await makeTenant(lab.world);
    await connect(lab.world, tenant, { to: `http://127.0.0.1:${await freePort()}` });
    expectOurError(await ask(tenant.host), 502, "upstream_unreachable");
  });

  test("upstream too slow for its header: 504 upstream_timeout, and the upstream hears of it", async () => {
    lab.upstream.on("/never", () => {});
    expectOurError(await ask(lab.host, "/never"), 504, "upstream_timeout");
    await lab.upstream.seenAt("/never")[0]!.aborted;
  });

  test("over the rate: 429 with Retry-After and RateLimit fields; another address field does not help; others go on", async () => {
    const tenant = await makeTenant(lab.world);
    await connect(lab.world, tenant, { to: lab.upstream.url });
    lab.upstream.on("/limited", (_req, res) => res.end("ok"));
    const answers = [];
    for (let n = 0; n < RATE_LIMIT + 2; n++) {
      answers.push(await ask(tenant.host, "/limited", [`X-Forwarded-For: 10.0.0.${n}`]));
    }
    expect(answers.slice(0, RATE_LIMIT).map((answer) => answer.status)).toEqual(Array(RATE_LIMIT).fill(200));
    const refused = answers[RATE_LIMIT]!;
    expect(refused.status).toBe(429);
    expect(fieldValues(refused, "hotspot-error")).toHaveLength(1);
    expect(Number(fieldValues(refused, "retry-after")[0])).toBeGreaterThan(0);
    expect(fieldValues(refused, "ratelimit-limit")[0]).toContain(String(RATE_LIMIT));
    expect(fieldValues(refused, "ratelimit-remaining")).toEqual(["0"]);
    expect(Number(fieldValues(refused, "ratelimit-reset")[0])).toBeGreaterThanOrEqual(0);
    expect(lab.upstream.seenAt("/limited")).toHaveLength(RATE_LIMIT);
    expect((await ask(lab.host, "/limited")).status).toBe(200);
  });

  test("a body, target or head over the plan's limit is refused before the upstream hears of it; another plan lets it through", async () => {
    const free = await makeTenant(lab.world, { plan: "free" });
    await connect(lab.world, free, { to: lab.upstream.url });
    lab.upstream.on("/too-big", (_req, res) => res.end("taken"));
    const answerTo = (host: string, [line = "", ...fields]: string[]) =>
      rawRequest(lab.port, [line, `Host: ${host}`, ...fields]);
    const cases: [status: number, code: string, head: string[]][] = [
      [413, "body_too_large", ["POST /too-big HTTP/1.1", `Content-Length: ${256 * 1024 * 1024 + 1}`]],
      [414, "target_too_long", [`GET /too-big?${"q".repeat(8_192)} HTTP/1.1`]],
      [431, "head_too_large", ["GET /too-big HTTP/1.1", `X-Long: ${"x".repeat(16_384)}`]],
    ];
    for (const [status, code, head] of cases) expectOurError(await answerTo(free.host, head), status, code);
    expect(lab.upstream.seenAt("/too-big")).toEqual([]);
    for (const [, , head] of cases.slice(1)) expect((await answerTo(lab.host, head)).status).toBe(200);
  });

  test.each([
    ["suspended", { suspended: "Phishing was reported." }, 403],
    ["unpaid", { unpaid: true }, 402],
  ] as const)(
    "%s: takes effect within 2 s on a tenant that was being served, and ends as fast",
    async (_, change, status) => {
      const tenant = await makeTenant(lab.world);
      await connect(lab.world, tenant, { to: lab.upstream.url });
      lab.upstream.on("/served", (_req, res) => res.end("ok"));
      expect((await ask(tenant.host, "/served")).status).toBe(200);
      await changeTenant(tenant, change);
      const refused = await vi.waitFor(
        async () => {
          const answer = await ask(tenant.host, "/served");
          expect(answer.status).toBe(status);
          return answer;
        },
        { timeout: promised(2_000), interval: 150 },
      );
      expectOurError(refused, status, fieldValues(refused, "hotspot-error")[0] ?? "");
      await changeTenant(tenant, {});
      await vi.waitFor(async () => expect((await ask(tenant.host, "/served")).status).not.toBe(status), {
        timeout: promised(2_000),
        interval: 150,
      });
    },
  );
});

describe("the shape of an error follows who asks", () => {
  test("under /v1 it is OpenAI's", async () => {
    const answer = await ask(`nobody-here.localhost:${lab.port}`, "/v1/models");
    expectOurError(answer, 404, "endpoint_not_found");
    expect(fieldValues(answer, "content-type")[0]).toMatch(/^application\/json/);
    expect(Object.keys(JSON.parse(answer.body.toString()).error).sort()).toEqual(
      expect.arrayContaining(["code", "message", "param", "type"]),
    );
  });

  test("a browser gets a page; what it asked for is not in it unescaped", async () => {
    const answer = await ask(`nobody-here.localhost:${lab.port}`, "/<script>alert(1)</script>", [
      "Accept: text/html,application/xhtml+xml,*/*;q=0.8",
    ]);
    expectOurError(answer, 404, "endpoint_not_found");
    expect(fieldValues(answer, "content-type")[0]).toMatch(/^text\/html/);
    expect(answer.body.toString()).not.toContain("<script>alert");
  });

  test("everything else gets JSON with code, message and request id", async () => {
    const answer = await ask(`nobody-here.localhost:${lab.port}`, "/api/whatever");
    const { error } = JSON.parse(answer.body.toString());
    expect(error).toMatchObject({
      code: "endpoint_not_found",
      requestId: fieldValues(answer, "x-request-id")[0],
    });
  });

  test("a Host that is nobody's at all is refused without a guess", async () => {
    for (const host of [
      "a.b.localhost",
      "exa_mple.localhost",
      "acme.localhost:",
      "user@acme.localhost",
      "acme.evil.example",
    ]) {
      const answer = await ask(host);
      expect([host, [400, 404, 421].includes(answer.status)]).toEqual([host, true]);
    }
  });
});
