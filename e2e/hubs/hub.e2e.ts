import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { ManagedProcess } from "../fixtures/managed-process.ts";
import { until } from "../fixtures/until.ts";
import { commandLines, filesBelow, hubWorld, processesWith, ZONE } from "./hub-world.ts";

const world = await hubWorld();
const isLive = (line: string) => /^live https:\/\/(\S+) -> (\S+)$/.exec(line);

beforeAll(() => {
  world.upstream.on("/hello", (_req, res) => res.end("from the machine"));
});

interface Stored {
  hubToken: string;
  tunnelToken: string;
  backupPassword: string;
  bucket: { name: string; accessKeyId: string; secretAccessKey: string };
}
const storedIn = async (dir: string, hubId: string): Promise<Stored> =>
  JSON.parse(await readFile(join(dir, "hubs", `${hubId}.json`), "utf8"));
const secretsOf = ({ hubToken, tunnelToken, backupPassword, bucket }: Stored) => [
  ...[hubToken, tunnelToken, backupPassword, bucket.secretAccessKey],
  world.licenseKey,
];
const expectReady = (hubId: string) =>
  until(
    async () => expect(await world.detail(hubId)).toMatchObject({ state: "on", health: "ready" }),
    20_000,
  );
const expectServed = (hostname: string) =>
  until(async () =>
    expect(await world.visit(hostname, "/hello")).toEqual({ status: 200, body: "from the machine" }),
  );
/** No secret is on a command line, nor in what a process has printed. */
async function expectNoLeak(secrets: string[], processes: ManagedProcess[]): Promise<void> {
  const printed = processes.flatMap(({ stdout, stderr }) => [...stdout, ...stderr]);
  const shown = [...(await commandLines()).map(([, line]) => line), ...printed];
  for (const secret of secrets) expect(shown.filter((line) => line.includes(secret))).toEqual([]);
}

// On Node the crash and the status are left out: they are the same code, and starting it takes longer.
test.each([
  ["bun", true],
  ["node", false],
] as const)(
  "a hub on %s is enabled, served, survives kills, takes a rotated key, and leaves nothing when it is switched off",
  async (runtime, isThorough) => {
    const hubId = `office.${runtime}`;
    const dir = await world.configDir();
    const tokenFile = join(dir, "hubs", `${hubId}.d`, "token");
    const hub = (...args: string[]) =>
      world.hub({ runtime, configDir: dir, args: [...args, "--hub-id", hubId] });

    const enabled = hub("enable", "--to", world.upstream.url, "--name", `acme-${runtime}`);
    const [, hostname = "", service] = await enabled.line("its live line", isLive, 40_000);
    expect(hostname).toMatch(new RegExp(`^acme-${runtime}-1\\.${ZONE.replaceAll(".", "\\.")}$`));
    expect(service).toBe(world.upstream.url);
    await expectServed(hostname);
    await expectReady(hubId);

    // cloudflared dies: another one serves.
    const [first] = await processesWith(`--token-file ${tokenFile}`);
    process.kill(first!, "SIGKILL");
    const second = await until(async () => {
      const running = await processesWith(`--token-file ${tokenFile}`);
      expect(running).toHaveLength(1);
      expect(running).not.toContain(first);
      return running[0]!;
    });
    await expectServed(hostname);

    /** A second run is refused; the hub dies without a word: its cloudflared is not left beside a new one. */
    const replace = async () => {
      const refused = hub("run");
      expect(await refused.exited).toBe(2);
      expect(refused.stderr.join("\n")).toMatch(/runs already, as process \d+/);
      enabled.kill("SIGKILL");
      await enabled.exited;
      expect(await processesWith(`--token-file ${tokenFile}`)).toEqual([second]);
      const run = hub("run");
      await run.line("its live line", isLive);
      const running = await processesWith(`--token-file ${tokenFile}`);
      expect(running).toHaveLength(1);
      expect(running).not.toContain(second);
      await expectServed(hostname);
      const status = hub("status", "--json");
      const said = await status.line("the status", (line) => line.startsWith("{") && line);
      expect(JSON.parse(said)).toMatchObject({ enabled: true, url: `https://${hostname}`, pid: run.pid });
      return { run, others: [refused, status] };
    };
    const { run, others } = isThorough ? await replace() : { run: enabled, others: [] };
    await expectReady(hubId);

    // A rotation is told, tried, and so confirmed: then the old key is gone.
    const before = await storedIn(dir, hubId);
    const rotated = await world.account.call("POST", `/api/hubs/${hubId}/rotate-keys`);
    expect(rotated.status).toBe(200);
    const after = await until(async () => {
      const { keys } = await world.detail(hubId);
      expect(keys).toMatchObject([{ state: "current", confirmedAt: expect.any(String) }]);
      const stored = await storedIn(dir, hubId);
      expect(stored.bucket.accessKeyId).toBe(keys[0]!.accessKeyId);
      expect(stored.bucket.accessKeyId).not.toBe(before.bucket.accessKeyId);
      return stored;
    }, 20_000);
    expect(world.cloudflare.list().tokens.map(({ id }) => id)).not.toContain(before.bucket.accessKeyId);

    const secrets = [...secretsOf(before), ...secretsOf(after)];
    await expectNoLeak(secrets, [enabled, run, ...others]);

    // Switched off by another process than the one that serves.
    const disabled = hub("disable");
    expect(await disabled.exited).toBe(0);
    expect(await run.exited).toBe(0);
    expect(await processesWith(`--token-file ${tokenFile}`)).toEqual([]);
    for (const [path, text] of await filesBelow(dir)) {
      for (const secret of secrets) expect(text.includes(secret), path).toBe(false);
    }
    await until(async () => {
      expect((await world.detail(hubId)).state).toBe("off");
      const { tunnels, records, tokens } = world.cloudflare.list();
      expect({ tunnels, records, keys: tokens.filter(({ id }) => id === after.bucket.accessKeyId) }).toEqual({
        ...{ tunnels: [], records: [], keys: [] },
      });
    }, 20_000);
    await expectNoLeak(secrets, [disabled]);
  },
  90_000,
);

test("a portal that is away changes nothing for visitors, and its switch stops the hub and clears its secrets", async () => {
  const hubId = "portal-away";
  const dir = await world.configDir();
  const hub = world.hub({ configDir: dir, args: ["enable", "--hub-id", hubId, "--to", world.upstream.url] });
  const [, hostname = ""] = await hub.line("its live line", isLive, 40_000);
  await expectReady(hubId);
  const stored = await storedIn(dir, hubId);

  const { portal } = world.portal;
  portal.process.kill("SIGKILL");
  await portal.process.exited;
  await hub.line("that reports fail", (line) => line.includes("the portal takes no report"));
  await expectServed(hostname);
  // It starts again without the portal, too.
  expect(await hub.stop()).toBe(0);
  const run = world.hub({ configDir: dir, args: ["run"] });
  await run.line("its live line", isLive);
  await expectServed(hostname);
  await world.portal.restartPortal();
  await expectReady(hubId);

  const off = await world.account.call("POST", `/api/hubs/${hubId}/disable`, { retentionDays: 5 });
  expect(off.status).toBe(200);
  expect(await run.exited).toBe(0);
  for (const [path, text] of await filesBelow(dir)) {
    for (const secret of secretsOf(stored)) expect(text.includes(secret), path).toBe(false);
  }
  await until(async () => expect((await world.detail(hubId)).state).toBe("off"), 20_000);
  await expectNoLeak(secretsOf(stored), [hub, run]);
}, 60_000);
