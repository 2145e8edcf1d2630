import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root, toolEnv } from "../fixtures/clone.ts";
import { spawnConnector } from "../fixtures/connector-process.ts";
import { within } from "../fixtures/gate.ts";
import { ManagedProcess } from "../fixtures/managed-process.ts";
import { promised } from "../fixtures/promised.ts";
import { rawRequest } from "../fixtures/raw-http.ts";
import { makeTenant, tunnelLab } from "./lab.ts";

const lab = await tunnelLab();
const { world } = lab;

const start = (options: { licenseKey: string; slug: string; to?: string; args?: string[] }) => {
  const connector = spawnConnector({ portalUrl: world.portalUrl, configDir: world.scratchDir, ...options });
  world.stopLater(connector);
  return connector;
};

const hotspot = (...args: string[]) =>
  new ManagedProcess("hotspot", "node", ["relay/connector/bin/hotspot.mjs", ...args], {
    cwd: root,
    env: { ...toolEnv(), HOTSPOT_CONFIG_DIR: world.scratchDir },
  });

describe("hotspot connect", () => {
  test("prints the live line within 2 s, then a plain line per request, and ends with 0 on SIGTERM", async () => {
    const tenant = await makeTenant(world);
    const started = Date.now();
    const connector = start({ ...tenant, to: lab.upstream.url });
    const live = await connector.line("its live line", (line) => line.startsWith("live ") && line);
    expect(Date.now() - started).toBeLessThan(promised(2_000));
    expect(live).toBe(`live ${tenant.url} -> ${lab.upstream.url}`);
    lab.upstream.on("/shown", (_req, res) => res.writeHead(201).end("ok"));
    await rawRequest(lab.port, ["GET /shown?private=1 HTTP/1.1", `Host: ${tenant.host}`]);
    const line = await connector.line("the request's line", (text) => text.includes("/shown") && text);
    expect(line).toContain("GET");
    expect(line).toContain("201");
    // Piped: nothing that only a terminal understands.
    expect(connector.stdout.join("\n")).not.toContain("\u001b");
    connector.kill("SIGTERM");
    expect(await within(30_000, "exit", connector.exited)).toBe(0);
  });

  test("the license key is not on its command line when it comes from the environment", async () => {
    const text = lab.connector.child.spawnargs.join(" ");
    expect(text).not.toContain(lab.tenant.licenseKey);
  });

  test("a wrong license key ends it at once with a code of its own and a sentence", async () => {
    const connector = start({ licenseKey: "hs_lic_wrong", slug: lab.tenant.slug, to: lab.upstream.url });
    const code = await within(30_000, "exit", connector.exited);
    expect(code).toBeGreaterThan(0);
    expect(connector.stderr.join("\n")).toMatch(/license/i);
    expect(connector.stderr.join("\n")).not.toContain("hs_lic_wrong");
    expect(connector.stderr.join("\n")).not.toMatch(/^\s+at /m);
  });

  test("a portal that is not there: says so, keeps trying", async () => {
    const connector = spawnConnector({
      licenseKey: "hs_lic_any",
      slug: "any-slug",
      to: lab.upstream.url,
      portalUrl: "http://127.0.0.1:9",
      configDir: world.scratchDir,
    });
    world.stopLater(connector);
    await connector.line("what is wrong", (line) => /127\.0\.0\.1:9/.test(line));
    expect(connector.running).toBe(true);
  });

  test("without --to it finds an Ollama on its usual port; without one it says where it looked", async ({
    skip,
  }) => {
    const tenant = await makeTenant(world);
    const none = start({ ...tenant });
    const code = await within(30_000, "exit", none.exited);
    if (code === 0) skip("something answers on a usual port of this machine");
    expect(none.stderr.join("\n")).toContain("11434");
    const ollama = createServer((req, res) => {
      if (req.url === "/") return void res.end("Ollama is running");
      if (req.url === "/api/version") return void res.end('{"version":"0.9.0"}');
      if (req.url === "/v1/models") return void res.end('{"object":"list","data":[]}');
      res.writeHead(404).end();
    });
    await new Promise<void>((listening, failed) =>
      ollama.once("error", failed).listen(11434, "127.0.0.1", listening),
    );
    try {
      const connector = start({ ...tenant });
      const live = await connector.line("its live line", (line) => line.startsWith("live ") && line);
      expect(live).toMatch(/-> http:\/\/(127\.0\.0\.1|localhost):11434$/);
      const answer = await rawRequest(lab.port, ["GET /api/version HTTP/1.1", `Host: ${tenant.host}`]);
      expect(answer.body.toString()).toBe('{"version":"0.9.0"}');
      await connector.stop();
    } finally {
      ollama.closeAllConnections();
      ollama.close();
    }
  });
});

test.skipIf(process.platform !== "linux" || process.arch !== "x64")(
  "the one-file executable of this machine serves what its config file names, and knows its commit",
  async () => {
    const build = new ManagedProcess(
      "executables",
      "node",
      ["server/dev/cli.ts", "executables", "--target", "linux-x64", "--out", world.scratchDir],
      { cwd: root, env: toolEnv() },
    );
    expect(await build.exited).toBe(0);
    expect(build.stdout.join("\n")).toMatch(
      /MB {2}sha256 [0-9a-f]{64}\n {2}start: \d+ ms to --version, \d+ ms to the first/,
    );
    const path = join(world.scratchDir, "hotspot-linux-x64");
    const env = { HOTSPOT_CONFIG_DIR: world.scratchDir, PATH: "/usr/bin:/bin" };
    const version = new ManagedProcess("version", path, ["--version"], { cwd: world.scratchDir, env });
    expect(await version.exited).toBe(0);
    expect(version.stdout[0]).toMatch(/^\d+\.\d+\.\d+ \((?:[0-9a-f]{12}|unknown)\)$/);

    const tenant = await makeTenant(world);
    const file = join(world.scratchDir, "executable.yaml");
    await writeFile(
      file,
      `portal: ${world.portalUrl}\nlicense-key: ${tenant.licenseKey}\nendpoints:\n  - {slug: ${tenant.slug}, to: "${lab.upstream.url}"}\n`,
    );
    const program = new ManagedProcess("executable", path, ["connect", "--config", file], { cwd: "/", env });
    world.stopLater(program);
    await program.line(
      "its live line",
      (line) => line === `live ${tenant.url} -> ${lab.upstream.url}` && line,
    );
    lab.upstream.on("/one-file", (_req, res) => res.end("from one file"));
    const answer = await rawRequest(lab.port, ["GET /one-file HTTP/1.1", `Host: ${tenant.host}`]);
    expect(answer.body.toString()).toBe("from one file");
    program.kill("SIGTERM");
    expect(await within(30_000, "exit", program.exited)).toBe(0);
  },
);

describe("hotspot", () => {
  test("--help and --version answer with 0, an unknown command with another code and the way to help", async () => {
    const version = hotspot("--version");
    expect(await version.exited).toBe(0);
    expect(version.stdout.join("")).toMatch(/\d+\.\d+\.\d+/);
    const help = hotspot("--help");
    expect(await help.exited).toBe(0);
    for (const command of ["connect", "login", "status", "service", "doctor", "logs"])
      expect(help.stdout.join("\n")).toContain(command);
    const wrong = hotspot("conect");
    expect(await wrong.exited).not.toBe(0);
    expect(wrong.stderr.join("\n")).toMatch(/conect/);
  });
});
