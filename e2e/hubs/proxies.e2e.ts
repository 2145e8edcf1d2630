import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeCertificate } from "../fixtures/certificates.ts";
import { until } from "../fixtures/until.ts";
import { type ConnectProxy, startConnectProxy } from "../standins/connect-proxy.ts";
import { BackupWorld, childrenOf } from "./backup-world.ts";

const hasRestic = spawnSync("restic", ["version"]).status === 0;
if (!hasRestic)
  console.warn("backups by proxy are not tested: restic is not installed (`apt install restic`)");

// Nobody but the proxy knows this name, and nobody but the file the certificate: what gets through went the right way.
const NAME = "r2.invalid";

describe.skipIf(!hasRestic)("a bucket behind a proxy, with a certificate of a private authority", () => {
  let world: BackupWorld;
  let proxy: ConnectProxy;
  let front: Server;
  let caFile: string;
  let target: string;
  let proxyUrl: string;
  beforeAll(async () => {
    [world, proxy] = await Promise.all([
      BackupWorld.start(),
      startConnectProxy({ user: "me", password: "p@ss:w" }),
    ]);
    const certificate = await makeCertificate(NAME);
    front = createServer(certificate, (near) => {
      const far = connect(Number(new URL(world.standIn.r2Endpoint).port), "127.0.0.1");
      near.pipe(far).pipe(near);
      near.on("error", () => far.destroy());
      far.on("error", () => near.destroy());
    });
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    target = `${NAME}:${(front.address() as AddressInfo).port}`;
    caFile = join(world.dir, "authority.pem");
    proxyUrl = `http://me:p%40ss%3Aw@127.0.0.1:${proxy.port}`;
    await Promise.all([
      writeFile(caFile, certificate.cert),
      world.fill(1_000),
      world.writeHub({ endpoint: `https://${target}` }),
    ]);
  });
  beforeEach(() => {
    proxy.passed.length = 0;
    proxy.refused.length = 0;
  });
  afterAll(async () => {
    front.close();
    await proxy.stop();
    await world.stop();
  });
  const expectPassed = () => expect(new Set(proxy.passed)).toEqual(new Set([target]));

  test("the backup program takes --proxy and --ca-file", async () => {
    const way = ["--proxy", proxyUrl, "--ca-file", caFile];
    const args = ["backup", join(world.source, "deep"), ...way];
    expect(await world.run(args)).toMatchObject({ code: 0 });
    expectPassed();
  });

  test("and the same of the environment, of a config file, and of the variables that all programs know", async () => {
    const config = join(world.dir, "way.yaml");
    await writeFile(config, `proxy: ${proxyUrl}\nca-file: ${caFile}\n`);
    const ways: [string[], Record<string, string>][] = [
      [[], { HOTSPOT_PROXY: proxyUrl, HOTSPOT_CA_FILE: caFile }],
      [["--config", config], {}],
      // ALL_PROXY is none that restic knows by itself.
      [[], { all_proxy: proxyUrl, NODE_EXTRA_CA_CERTS: caFile }],
      // Ours goes before the variable.
      [["--proxy", proxyUrl, "--ca-file", caFile], { HTTPS_PROXY: "http://127.0.0.1:1" }],
    ];
    for (const [flags, env] of ways) {
      proxy.passed.length = 0;
      const { code, stdout, stderr } = await world.run(["snapshots", "--json", ...flags], env);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(stdout).snapshots).toHaveLength(1);
      expectPassed();
    }
  });

  test("a proxy that refuses, none at all and an unknown authority are each said at once, with what to do", async () => {
    const wrong = proxyUrl.replace("p%40ss", "wrong");
    const refused = await world.run(["snapshots", "--proxy", wrong, "--ca-file", caFile]);
    expect(refused).toMatchObject({ code: 5, stdout: "" });
    expect(refused.stderr).toContain("The proxy on the way to the bucket does not let this machine through");
    expect(refused.stderr).not.toContain("wrong");
    expect(proxy.passed).toEqual([]);

    const none = await world.run(["snapshots", "--proxy", "none", "--ca-file", caFile], {
      HTTPS_PROXY: proxyUrl,
    });
    expect(none).toMatchObject({ code: 5, stdout: "" });
    expect(none.stderr).toContain("The bucket cannot be reached");
    expect(proxy.passed).toEqual([]);

    const untrusted = await world.run(["snapshots", "--proxy", proxyUrl]);
    expect(untrusted).toMatchObject({ code: 5, stdout: "" });
    expect(untrusted.stderr).toContain("Name the authority's certificate with --ca-file");
  }, 90_000);

  test.each(["bun", "node"] as const)(
    "the look at the bucket goes by it too, and cloudflared hears of the authority alone (on %s)",
    async (runtime) => {
      const hub = world.spawn(
        ["run", "--proxy", proxyUrl, "--ca-file", caFile],
        { HOTSPOT_CLOUDFLARED: world.standIn.cloudflaredPath, HTTPS_PROXY: proxyUrl, NO_PROXY: "127.0.0.1" },
        runtime,
      );
      const status = join(world.dir, "config", "hubs", "hub.d", "status.json");
      await until(async () => {
        const { checks } = JSON.parse(await readFile(status, "utf8"));
        expect(checks).toContainEqual({ name: "bucket", ok: true, message: null });
      }, 40_000);
      expectPassed();
      const cloudflared = await until(async () => {
        const children = await childrenOf(hub.pid);
        const found = children.find(({ commandLine }) => commandLine.includes("--token-file"));
        expect(found).toBeDefined();
        return found!;
      });
      const environ = (await readFile(`/proc/${cloudflared.pid}/environ`, "utf8")).split("\0");
      expect(environ.filter((line) => /^https?_proxy=/i.test(line))).toEqual([]);
      const trusted = environ.find((line) => line.startsWith("SSL_CERT_FILE="))!.slice(14);
      expect(await readFile(trusted, "utf8")).toContain((await readFile(caFile, "utf8")).trim());
      expect(await hub.stop()).toBe(0);
    },
    90_000,
  );
});
