import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createConnector, createEndpoint, createTenant, createTestDb } from "../../db/testing/index.ts";
import { readPortalEnv } from "../env.ts";
import { createLog } from "../log.ts";
import type { CapturedMail } from "../mail/index.ts";
import { type RunningPortal, startPortal } from "./start.ts";

const { db, url: databaseUrl } = await createTestDb({ max: 4 });
const secretOf = (name: string) => `${name}-5f0c3b7d9e1a2468f0c3b7d9e1a2468`;
const internalSecret = secretOf("internal");
const password = "correct horse battery";
const lines: string[] = [];
let portal: RunningPortal;
let relay: http.Server;
let relaySaw: http.IncomingMessage[] = [];
let base = "";
let directory = "";

beforeAll(async () => {
  relay = http.createServer((request, response) => {
    relaySaw.push(request);
    request.resume().once("end", () => response.end("from the relay"));
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  directory = await mkdtemp(join(tmpdir(), "hotspot-portal-"));
  const env = readPortalEnv({
    DATABASE_URL: databaseUrl,
    PORT: "0",
    HOTSPOT_DATA_DIR: directory,
    HOTSPOT_MAILBOX: "1",
    RELAY_INTERNAL_SECRET: internalSecret,
    RELAY_CONNECTOR_SIGNING_SECRET: secretOf("signing"),
    BETTER_AUTH_SECRET: secretOf("auth"),
    RELAY_HTTP_BASE: `http://127.0.0.1:${(relay.address() as AddressInfo).port}`,
  });
  const log = createLog(
    { process: "portal", level: "info" },
    { write: (line: string) => void lines.push(line) },
  );
  portal = await startPortal(env, { log, pages: null });
  base = `http://localhost:${portal.port}`;
});

afterAll(async () => {
  await portal.stop();
  relay.closeAllConnections();
  relay.close();
  await rm(directory, { recursive: true, force: true });
  const log = lines.join("");
  for (const secret of [internalSecret, secretOf("signing"), secretOf("auth"), password, ...secrets]) {
    expect(log).not.toContain(secret);
  }
});
/** Secrets that the tests came across: none may stand in the log. */
const secrets: string[] = [];

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(base + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

/** A request with a Host of its own, which fetch would not send. */
async function ask(path: string, headers: Record<string, string>, method = "GET") {
  const request = http.request({ agent: false, port: portal.port, path, method, headers }).end();
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() };
}

async function signedInUser() {
  const email = `ada-${secrets.length}-${Date.now()}@example.com`;
  const origin = { origin: base };
  expect((await post("/api/auth/sign-up/email", { name: "Ada", email, password }, origin)).status).toBe(200);
  const mail = await mailTo(email);
  const token = new URL(/http\S+verify-email\?token=\S+/.exec(mail.text)![0]).searchParams.get("token")!;
  secrets.push(token);
  const verified = await fetch(`${base}/api/auth/verify-email?token=${token}`);
  expect(verified.status).toBe(200);
  const cookie = verified.headers
    .getSetCookie()
    .map((line) => line.split(";")[0]!)
    .join("; ");
  secrets.push(decodeURIComponent(/session_token=([^;]+)/.exec(cookie)![1]!));
  return { email, cookie };
}

async function mailTo(email: string): Promise<CapturedMail> {
  const answer = await fetch(`${base}/mailbox.json?to=${encodeURIComponent(email)}`);
  const [mail] = (await answer.json()) as CapturedMail[];
  if (mail) return mail;
  await new Promise((resolve) => setTimeout(resolve, 20));
  return mailTo(email);
}

describe("the portal's host", () => {
  it("sends the same protections with every answer", async () => {
    for (const path of ["/api/openapi.json", "/api/auth/get-session", "/build/none.js", "/api/nothing"]) {
      const { headers } = await fetch(base + path);
      const policy = headers.get("content-security-policy")!;
      expect(policy, path).toMatch(/script-src 'self' 'nonce-[\w-]{20,}'/);
      expect(policy, path).toContain("frame-ancestors 'none'");
      expect(policy, path).not.toMatch(/script-src[^;]*unsafe/);
      expect(headers.get("x-content-type-options"), path).toBe("nosniff");
      expect(headers.get("x-request-id"), path).toMatch(/^req_[0-9a-f]{24}$/);
      expect(headers.has("access-control-allow-origin"), path).toBe(false);
      expect(headers.has("x-powered-by"), path).toBe(false);
    }
    const nonceOf = async () =>
      /nonce-([\w-]+)/.exec((await fetch(`${base}/api/docs2`)).headers.get("content-security-policy")!)![1];
    expect(await nonceOf()).not.toBe(await nonceOf());
  });

  it("lets only its own origin change something, exactly", async () => {
    const { cookie } = await signedInUser();
    const call = (headers: Record<string, string>) => post("/api/trpc/licenses.issueKey", {}, headers);
    for (const origin of [
      "http://acme.localhost:8789",
      `http://evil.localhost:${portal.port}`,
      `https://localhost:${portal.port}`,
      `${base}.evil.example`,
      "null",
    ]) {
      const refused = await call({ cookie, origin });
      expect([origin, refused.status]).toEqual([origin, 403]);
      expect(((await refused.json()) as { error: { code: string } }).error.code).toBe("origin_not_allowed");
    }
    expect((await call({ cookie })).status).toBe(403);
    expect((await call({ cookie, referer: "http://acme.localhost:8789/x" })).status).toBe(403);
    const allowed = await call({ cookie, origin: base });
    expect(allowed.status).toBe(200);
    const { result } = (await allowed.json()) as { result: { data: { licenseKey: string } } };
    secrets.push(result.data.licenseKey);
  });

  it("answers procedures by session over tRPC, and by key over REST", async () => {
    const { cookie, email } = await signedInUser();
    const tenant = await fetch(`${base}/api/trpc/tenants.current`, { headers: { cookie } });
    expect(await tenant.json()).toMatchObject({ result: { data: { plan: "free", user: { email } } } });
    expect((await fetch(`${base}/api/trpc/tenants.current`)).status).toBe(401);

    const created = await post("/api/api-keys", { name: "ci" }, { cookie, origin: base });
    const { secret } = (await created.json()) as { secret: string };
    secrets.push(secret);
    const byKey = await fetch(`${base}/api/tenant`, { headers: { authorization: `Bearer ${secret}` } });
    expect(await byKey.json()).toMatchObject({ plan: "free" });
    const wrong = { authorization: `Bearer ${secret.slice(0, -1)}`, cookie };
    expect((await fetch(`${base}/api/tenant`, { headers: wrong })).status).toBe(401);
  });

  it("gives a command line its key: device code, approval, bearer session, API key", async () => {
    const { cookie } = await signedInUser();
    const codes = (await (
      await post("/api/auth/device/code", { client_id: "hotspot-cli" })
    ).json()) as Record<string, string>;
    await fetch(`${base}/api/auth/device?user_code=${codes.user_code}`, { headers: { cookie } });
    const approved = await post(
      "/api/auth/device/approve",
      { userCode: codes.user_code },
      { cookie, origin: base },
    );
    expect(approved.status).toBe(200);
    const grant = {
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      device_code: codes.device_code,
      client_id: "hotspot-cli",
    };
    const { access_token } = (await (await post("/api/auth/device/token", grant)).json()) as {
      access_token: string;
    };
    secrets.push(access_token, decodeURIComponent(access_token));
    const bearer = { authorization: `Bearer ${access_token}` };
    const created = await post("/api/api-keys", { name: "hotspot-cli on laptop" }, bearer);
    expect(created.status).toBe(200);
    const { secret } = (await created.json()) as { secret: string };
    secrets.push(secret);
    expect(secret).toMatch(/^hs_api_/);
    expect((await post("/api/auth/sign-out", {}, bearer)).status).toBe(200);
    expect((await fetch(`${base}/api/tenant`, { headers: bearer })).status).toBe(401);
    expect(
      (await fetch(`${base}/api/tenant`, { headers: { authorization: `Bearer ${secret}` } })).status,
    ).toBe(200);
  });

  it("streams changes as events, one at a time, uncompressed", async () => {
    const { cookie } = await signedInUser();
    const registered = await post("/api/endpoints/register", { slug: "live-one" }, { cookie, origin: base });
    const { endpointToken } = (await registered.json()) as { endpointToken: string };
    secrets.push(endpointToken);
    const input = encodeURIComponent(JSON.stringify({ slug: "live-one" }));
    const leave = new AbortController();
    const answer = await fetch(`${base}/api/trpc/connectors.watch?input=${input}`, {
      headers: { cookie, accept: "text/event-stream", "accept-encoding": "gzip" },
      signal: leave.signal,
    });
    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    expect(answer.headers.has("content-encoding")).toBe(false);
    const events = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let seen = "";
    while (!seen.includes('"online":false')) seen += (await events.read()).value;

    const heartbeat = await db
      .selectFrom("endpoints")
      .select(["id", "tenant_id"])
      .where("slug", "=", "live-one")
      .executeTakeFirstOrThrow();
    const { connectorId } = await createConnector(
      db,
      { tenantId: heartbeat.tenant_id } as never,
      { endpointId: heartbeat.id } as never,
    );
    const beat = await post(
      "/api/connectors/heartbeat",
      { connectorId, status: "online" },
      { authorization: `Bearer ${internalSecret}` },
    );
    expect(beat.status).toBe(200);
    seen = "";
    while (!seen.includes('"online":true')) seen += (await events.read()).value;
    leave.abort();
  });

  it("compresses documents and serves the API's own", async () => {
    const document = await fetch(`${base}/api/openapi.json`, { headers: { "accept-encoding": "gzip" } });
    expect(document.headers.get("content-encoding")).toBe("gzip");
    expect(await document.json()).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });
    const page = await fetch(`${base}/api/docs`);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await page.text()).toContain("/api/endpoints/register");
  });

  it("refuses large bodies and broken addresses", async () => {
    const large = "x".repeat(300 * 1024);
    expect((await post("/api/auth/sign-in/email", { email: large })).status).toBe(413);
    expect((await post("/api/trpc/abuse.report", { detail: large })).status).toBe(413);
    expect((await post("/api/abuse/report", { detail: large })).status).toBe(413);
    expect((await ask("/build/%E0%A4%A", { host: `localhost:${portal.port}` })).status).toBe(404);
    expect((await ask("//[", { host: `localhost:${portal.port}` })).status).toBeLessThan(500);
  });

  it("shows captured mail, its HTML in a frame without scripts", async () => {
    const { email } = await signedInUser();
    const mail = await mailTo(email);
    const page = await (await fetch(`${base}/mailbox/${mail.id}`)).text();
    expect(page).toContain(`src="/mailbox/${mail.id}.html"`);
    const frame = await fetch(`${base}/mailbox/${mail.id}.html`);
    expect(frame.headers.get("content-security-policy")).toMatch(/default-src 'none'.*sandbox/);
    expect(frame.headers.get("x-frame-options")).toBe("SAMEORIGIN");
  });

  it("limits by the socket's address, whatever X-Forwarded-For says", async () => {
    const attempt = async (turn: number) => {
      const forwarded = { "x-forwarded-for": `203.0.113.${turn}`, "x-real-ip": `203.0.113.${turn}` };
      const body = { email: `nobody-${turn}@example.com`, password: "wrong horse battery" };
      return (await post("/api/auth/sign-in/email", body, forwarded)).status;
    };
    expect(await attempt(1)).toBe(401);
    // As if this address had tried nineteen times.
    const { numUpdatedRows } = await db
      .updateTable("rateLimit")
      .set({ count: 19 })
      .where("key", "like", "%|/sign-in/email")
      .executeTakeFirst();
    expect(numUpdatedRows).toBe(1n);
    expect([await attempt(2), await attempt(3), await attempt(4)]).toEqual([401, 429, 429]);
  });

  it("logs one closing line per request, without the query", async () => {
    const answer = await fetch(`${base}/api/connectors/status?slug=not-in-the-log`);
    const requestId = answer.headers.get("x-request-id");
    await answer.text();
    const own = () =>
      lines
        .map((line) => JSON.parse(line))
        .filter((line) => line.requestId === requestId && line.msg === "request");
    while (own().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(own()).toMatchObject([
      { area: "rest", method: "GET", path: "/api/connectors/status", complete: true },
    ]);
    expect(lines.join("")).not.toContain("not-in-the-log");
  });
});

describe("a tenant's host at the portal's port", () => {
  it("reaches the relay, health and console page, and nothing of the portal", async () => {
    const tenant = await createTenant(db);
    const endpoint = await createEndpoint(db, tenant, { slug: "acme-one" });
    await createConnector(db, tenant, endpoint, { online: true });
    const host = `acme-one.localhost:${portal.port}`;

    relaySaw = [];
    expect((await ask("/v1/models", { host })).text).toBe("from the relay");
    expect(relaySaw[0]!.headers).toMatchObject({ host, "x-hotspot-proxy-auth": internalSecret });

    const health = await ask("/api/endpoints/health", { host });
    expect(JSON.parse(health.text)).toMatchObject({ slug: "acme-one", online: true, connectors: 1 });
    const page = await ask("/endpoints", { host });
    expect(page.text).toContain("http://acme-one.localhost:8789");
    expect(page.headers["set-cookie"]).toBeUndefined();
    expect((await ask("/endpoints", { host: `nobody-here.localhost:${portal.port}` })).status).toBe(404);
    expect(
      (await ask("/api/endpoints/health", { host: `nobody-here.localhost:${portal.port}` })).status,
    ).toBe(404);

    for (const path of [
      "/",
      "/sign-in",
      "/api/auth/get-session",
      "/api/tenant",
      "/mailbox.json",
      "/api/openapi.json",
    ]) {
      const answer = await ask(path, { host });
      expect([path, answer.status, answer.headers["hotspot-error"]]).toEqual([path, 404, "not_found"]);
    }
    expect((await ask("/", { host: "a.b.localhost" })).status).toBe(400);
  });
});

describe("the admin server", () => {
  it("has numbers, liveness and readiness", async () => {
    const admin = `http://127.0.0.1:${portal.adminPort}`;
    expect((await fetch(`${admin}/healthz`)).status).toBe(200);
    expect((await fetch(`${admin}/readyz`)).status).toBe(200);
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    expect(metrics).toMatch(
      /hotspot_portal_request_duration_seconds_count\{area="rest",method="GET",status="200"\} [1-9]/,
    );
    expect((await fetch(`${admin}/other`)).status).toBe(404);
  });
});

describe("stopping", () => {
  it("ends subscriptions at once, lets a request under way finish, and takes no new one", async () => {
    const { cookie } = await signedInUser();
    const registered = await post("/api/endpoints/register", { slug: "live-two" }, { cookie, origin: base });
    secrets.push(((await registered.json()) as { endpointToken: string }).endpointToken);
    const input = encodeURIComponent(JSON.stringify({ slug: "live-two" }));
    const headers = { cookie, accept: "text/event-stream" };
    const subscription = await fetch(`${base}/api/trpc/connectors.watch?input=${input}`, { headers });
    const events = subscription.body!.getReader();
    await events.read();

    const host = `acme-one.localhost:${portal.port}`;
    const slow = http.request({
      agent: false,
      port: portal.port,
      path: "/v1/slow",
      method: "POST",
      headers: { host },
    });
    const atRelay = once(relay, "request");
    slow.write("first half");
    await atRelay;

    const stopped = portal.stop();
    await expect(
      (async () => {
        while (!(await events.read()).done);
      })(),
    ).rejects.toThrow();
    await expect(fetch(`${base}/api/docs`)).rejects.toThrow();
    slow.end("second half");
    const [answer] = (await once(slow, "response")) as [http.IncomingMessage];
    expect(answer.statusCode).toBe(200);
    expect((await answer.toArray()).join("")).toBe("from the relay");
    await stopped;
  });
});
