import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { until } from "../fixtures/until.ts";
import { filesBelow, hubWorld, processesWith, ZONE } from "./hub-world.ts";

const world = await hubWorld();
const isLive = (line: string) => /^live https:\/\/(\S+) -> (\S+)$/.exec(line);
const hostname = `lp-123.${ZONE}`;
let dir: string;
let tokenFile: string;

beforeAll(async () => {
  world.upstream.on("/hello", (_req, res) => res.end("from the machine"));
  dir = await world.configDir();
  tokenFile = join(dir, "cf-token");
  await writeFile(tokenFile, `${world.cloudflare.token}\n`, { mode: 0o600 });
});

/** All that is needed, changed; null leaves a flag out. */
function enable(hubId: string, change: Record<string, string | null> = {}, env: Record<string, string> = {}) {
  const flags = {
    ...{ "hub-id": hubId, to: world.upstream.url, "cf-account": world.cloudflare.accountId },
    ...{ "cf-token-file": tokenFile, domain: ZONE, hostname },
    ...change,
  };
  const args = Object.entries(flags).flatMap(([name, value]) => (value === null ? [] : [`--${name}`, value]));
  return world.hub({ configDir: dir, args: ["enable", "--self-hosted", ...args], env });
}

test("each precondition that is not met is named, nothing is started, and the portal's banner says why", async () => {
  const openFile = join(dir, "open-token");
  await writeFile(openFile, world.cloudflare.token);
  await chmod(openFile, 0o644);
  const wrongFile = join(dir, "wrong-token");
  await writeFile(wrongFile, "cfat_wrong", { mode: 0o600 });
  const cases: [
    name: string,
    change: Record<string, string | null>,
    said: RegExp,
    env?: Record<string, string>,
  ][] = [
    ["account", { "cf-account": null }, /^account: No Cloudflare account: give --cf-account/],
    ["account", { "cf-token-file": null }, /^account: No Cloudflare API token: give --cf-token-file/],
    [
      "account",
      { "cf-token-file": openFile },
      /^account: .*open-token holds secrets and other users .* can read it/,
    ],
    ["account", { "cf-token-file": wrongFile }, /^account: Cloudflare does not take the API token/],
    ["domain", { domain: null }, /^domain: No domain: give --domain/],
    [
      "domain",
      { domain: "example.net", hostname: "lp.example.net" },
      /^domain: The account has no zone example.net/,
    ],
    ["hostname", { hostname: null }, /^hostname: No external host name: give --hostname/],
    ["hostname", { hostname: "lp.example.net" }, /^hostname: .* is not under the domain/],
    [
      "cloudflared",
      {},
      /^cloudflared: There is no program \/nowhere\/cloudflared/,
      { HOTSPOT_CLOUDFLARED: "/nowhere/cloudflared" },
    ],
  ];
  await Promise.all(
    cases.map(async ([name, change, said, env], index) => {
      const hubId = `incomplete-${index}`;
      const hub = enable(hubId, change, env);
      expect(await hub.exited, hub.stderr.join("\n")).toBe(2);
      expect(hub.stderr.filter((line) => said.test(line))).toHaveLength(1);
      expect(hub.stderr.at(-1)).toMatch(new RegExp(`The tunnel was not started\\. Not met: ${name}\\.`));
      expect(hub.stdout).toEqual([]);
      const { banner, checks } = await world.detail(hubId);
      expect(checks.map((check) => check.name)).toEqual([
        "enabled",
        "account",
        "domain",
        "hostname",
        "cloudflared",
      ]);
      expect(checks.filter(({ ok }) => !ok).map((check) => check.name)).toEqual([name]);
      expect(banner).toMatchObject({ tone: "degraded", nextAction: expect.any(String) });
      expect(`${name}: ${banner.reason}`).toMatch(said);
      // An account has only so many.
      expect((await world.account.call("DELETE", `/api/hubs/${hubId}`)).status).toBe(200);
    }),
  );
  // Two at once are both named.
  const two = enable("incomplete-two", { domain: null, hostname: null });
  expect(await two.exited).toBe(2);
  expect(two.stderr.at(-1)).toMatch(/Not met: domain, hostname\./);
  expect(world.cloudflare.list()).toMatchObject({ tunnels: [], records: [] });
  expect(await processesWith(`--config ${dir}`)).toEqual([]);
}, 60_000);

test("with all of them there is a tunnel, a record and credentials for its user only; switched off, it is all gone", async () => {
  const hubId = "complete";
  const hub = enable(hubId);
  const [, host, service] = await hub.line("its live line", isLive, 40_000);
  expect([host, service]).toEqual([hostname, world.upstream.url]);
  await until(async () =>
    expect(await world.visit(hostname, "/hello")).toEqual({ status: 200, body: "from the machine" }),
  );
  await until(async () => {
    const detail = await world.detail(hubId);
    expect(detail.banner).toMatchObject({ tone: "ready" });
    expect(detail.checks.map(({ name }) => name)).toEqual(["cloudflared", "tunnel", "dns"]);
  }, 20_000);

  const { tunnels, records } = world.cloudflare.list();
  expect(tunnels).toMatchObject([{ name: `hotspot-${hubId}` }]);
  expect(records).toMatchObject([
    { name: hostname, type: "CNAME", proxied: true, comment: `hotspot:${hubId}` },
  ]);
  const folder = join(dir, "hubs", `${hubId}.d`);
  const credentials = JSON.parse(await readFile(join(folder, "credentials.json"), "utf8"));
  expect(credentials).toMatchObject({ AccountTag: world.cloudflare.accountId, TunnelID: tunnels[0]!.id });
  for (const name of ["credentials.json", "config.yml"]) {
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  }
  expect(parse(await readFile(join(folder, "config.yml"), "utf8"))).toEqual({
    tunnel: tunnels[0]!.id,
    "credentials-file": join(folder, "credentials.json"),
    ingress: [{ hostname, service: world.upstream.url }, { service: "http_status:404" }],
  });
  // The token of the account stays where its owner has put it.
  const copies = (await filesBelow(join(dir, "hubs"))).filter(([, text]) =>
    text.includes(world.cloudflare.token),
  );
  expect(copies).toEqual([]);
  for (const line of [...hub.stdout, ...hub.stderr]) {
    expect(line).not.toContain(world.cloudflare.token);
    expect(line).not.toContain(credentials.TunnelSecret);
  }

  // Started again it finds its tunnel, and adopts it; a service that speaks https only is taken by its word.
  expect(await hub.stop()).toBe(0);
  const again = enable(hubId, { to: "https://localhost:8443" });
  await again.line("its live line", isLive, 40_000);
  expect(world.cloudflare.list().tunnels.map(({ id }) => id)).toEqual([tunnels[0]!.id]);
  expect(parse(await readFile(join(folder, "config.yml"), "utf8")).ingress[0]).toEqual({
    hostname,
    service: "https://localhost:8443",
    originRequest: { noTLSVerify: true },
  });
  const disabled = world.hub({ configDir: dir, args: ["disable", "--hub-id", hubId] });
  expect(await disabled.exited, disabled.stderr.join("\n")).toBe(0);
  expect(await again.exited).toBe(0);
  expect(world.cloudflare.list()).toMatchObject({ tunnels: [], records: [], connections: [] });
  const left = (await filesBelow(join(dir, "hubs"))).filter(([path]) => path.includes(`/hubs/${hubId}.`));
  expect(left.map(([path]) => path)).toEqual([join(dir, "hubs", `${hubId}.json`)]);
  expect(left[0]![1]).not.toContain("hs_hub_");

  // The fifth: one that is off stays off.
  const off = world.hub({ configDir: dir, args: ["run", "--hub-id", hubId] });
  expect(await off.exited).toBe(2);
  expect(off.stderr.join("\n")).toMatch(/^enabled: The tunnel of complete is switched off/m);
}, 60_000);

test("a DNS record that is somebody else's is not changed, and nothing is started", async () => {
  const { apiBase, zoneId, token } = world.cloudflare;
  const made = await fetch(`${apiBase}/zones/${zoneId}/dns_records`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ type: "A", name: `mail.${ZONE}`, content: "192.0.2.7", proxied: false, ttl: 300 }),
  });
  expect(made.status).toBe(200);
  const before = world.cloudflare.list().records;
  const hub = enable("foreign", { hostname: `mail.${ZONE}` });
  expect(await hub.exited).toBe(2);
  expect(hub.stderr.join("\n")).toMatch(
    /dns: mail\.\S+ has a DNS record already \(A 192\.0\.2\.7\) that is not of this hub/,
  );
  expect(world.cloudflare.list().records).toEqual(before);
  expect((await world.detail("foreign")).banner).toMatchObject({
    tone: "error",
    reason: expect.stringMatching(/192\.0\.2\.7/),
  });
  expect(await processesWith("foreign.d")).toEqual([]);
}, 30_000);
