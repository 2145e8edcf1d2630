import { describe, expect, test } from "vitest";
import { announce } from "../fixtures/change-events.ts";
import { issueConnectorToken, type TokenOptions } from "../fixtures/connector-token.ts";
import { dialLink } from "../fixtures/link-dial.ts";
import { promised } from "../fixtures/promised.ts";
import { fieldValues, rawRequest } from "../fixtures/raw-http.ts";
import { connect, makeTenant, tunnelLab } from "./lab.ts";
import { relayWorld } from "./relay-world.ts";

const lab = await tunnelLab();
const { db, signingSecret } = lab.world;

const issue = (options: TokenOptions & { secret?: string } = {}, tenant = lab.tenant) =>
  issueConnectorToken(db, options.secret ?? signingSecret, tenant, tenant, options);

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The token's own claims under another header and without a signature. */
function unsigned(token: string, alg: string): string {
  return `${part({ alg, typ: "JWT" })}.${token.split(".")[1]}.`;
}

/** The signature of the one with the claims of another endpoint. */
function withClaims(token: string, change: Record<string, unknown>): string {
  const [header, payload, signature] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload!, "base64url").toString());
  return `${header}.${part({ ...claims, ...change })}.${signature}`;
}

describe("a connector token at the door", () => {
  test("the right one is let in, under both paths", async () => {
    for (const path of ["/ws/connect", "/connect"]) {
      const answer = await dialLink(lab.port, `Bearer ${(await issue()).connectorToken}`, { path });
      expect([answer.status, fieldValues(answer, "sec-websocket-protocol")]).toEqual([101, ["hotspot.v1"]]);
    }
  });

  test("expired, forged, unsigned, for another audience, issuer or endpoint, or none at all: 401", async () => {
    const other = await makeTenant(lab.world);
    const { slug, endpointId, tenantId } = other;
    const bearer = async (options: Parameters<typeof issue>[0], change = (token: string) => token) => {
      // Wrong tokens are counted per endpoint and per address: each case has its own of both.
      const { connectorToken } = await issue(options, await makeTenant(lab.world));
      return `Bearer ${change(connectorToken)}`;
    };
    const refused: Record<string, string | null> = {
      none: null,
      "not a token": "Bearer x",
      "another scheme": `Basic ${(await issue()).connectorToken}`,
      expired: await bearer({ ttlSeconds: -5 }),
      "signed with another secret": await bearer({ secret: "x".repeat(48) }),
      "alg none": await bearer({}, (token) => unsigned(token, "none")),
      "alg in other letters": await bearer({}, (token) => unsigned(token, "nOnE")),
      "claims changed": await bearer({}, (token) => withClaims(token, { slug, endpoint_id: endpointId })),
      "wrong audience": await bearer({ audience: "hotspot-portal" }),
      "wrong issuer": await bearer({ issuer: "somebody" }),
      "signed for another endpoint": await bearer({ slug, endpointId }),
      "signed for another tenant": await bearer({ tenantId }),
      "an endpoint token": `Bearer ${lab.tenant.endpointToken}`,
    };
    for (const [n, [what, authorization]] of Object.entries(refused).entries()) {
      const answer = await dialLink(lab.port, authorization, { from: `127.0.1.${n + 1}` });
      expect([what, answer.status]).toEqual([what, 401]);
      const { error } = JSON.parse(answer.body.toString());
      expect(error.message).toMatch(/\.$/);
    }
    expect((await dialLink(lab.port, await bearer({}))).status).toBe(101);
  });

  test("a tenant host is no door: the upgrade goes to the tenant's upstream", async () => {
    const { connectorToken } = await issue();
    lab.upstream.onUpgrade("/connect", (_req, socket) =>
      socket.end("HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n"),
    );
    const answer = await dialLink(lab.port, `Bearer ${connectorToken}`, { path: "/connect", host: lab.host });
    expect(answer.status).toBe(418);
  });

  test("a wrong subprotocol or a plain request is told what to do: 426", async () => {
    const { connectorToken } = await issue();
    expect((await dialLink(lab.port, `Bearer ${connectorToken}`, { protocol: "hotspot.v99" })).status).toBe(
      426,
    );
    const plain = await rawRequest(lab.port, [
      "GET /ws/connect HTTP/1.1",
      `Host: localhost:${lab.port}`,
      `Authorization: Bearer ${connectorToken}`,
    ]);
    expect(plain.status).toBe(426);
  });
});

test("a connector that is revoked loses its link within 2 s, stops, and says so", async () => {
  const tenant = await makeTenant(lab.world);
  const connector = await connect(lab.world, tenant, { to: lab.upstream.url });
  const { id: connectorId } = await db
    .selectFrom("connectors")
    .select("id")
    .where("tenant_id", "=", tenant.tenantId)
    .executeTakeFirstOrThrow();
  const started = Date.now();
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable("connectors")
      .set({ revoked_at: new Date() })
      .where("id", "=", connectorId)
      .execute();
    const { endpointId, slug, tenantId } = tenant;
    await announce(tx, { type: "connector", connectorId, endpointId, slug, tenantId });
  });
  const code = await connector.exited;
  expect(Date.now() - started).toBeLessThan(promised(2_000));
  expect(code).not.toBe(0);
  expect([...connector.stdout, ...connector.stderr].join("\n")).toMatch(/revoked/i);
});

describe("guessing", async () => {
  const world = await relayWorld();

  test("wrong tokens from one address are refused for a time, with Retry-After; a link that is up stays up", async () => {
    const tenant = await makeTenant(world);
    await connect(world, tenant, { to: lab.upstream.url });
    lab.upstream.on("/meanwhile", (_req, res) => res.end("up"));
    // At once: one after the other each answer would wait longer than the one before (attempts.test.ts, abuse/tokens.e2e.ts).
    const answers = await Promise.all(
      Array.from({ length: 14 }, (_, n) => dialLink(world.relay.port, `Bearer guess-${n}`)),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.map(({ status }) => status).sort()).toEqual([
      ...Array(10).fill(401),
      ...Array(4).fill(429),
    ]);
    for (const one of refused) expect(Number(fieldValues(one, "retry-after")[0])).toBeGreaterThan(0);
    const answer = await rawRequest(world.relay.port, ["GET /meanwhile HTTP/1.1", `Host: ${tenant.host}`]);
    expect(answer.body.toString()).toBe("up");
  });
});
