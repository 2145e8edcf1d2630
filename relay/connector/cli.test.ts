import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runCli } from "./cli.ts";
import { saveCredentials } from "./options/config-dir.ts";
import { portalError, startTestRelay, type TestRelay } from "./testing/relay.ts";

let relay: TestRelay;
let dir: string;
const stops: (() => void)[] = [];

beforeEach(async () => {
  relay = await startTestRelay();
  dir = mkdtempSync(join(tmpdir(), "hotspot-cli-"));
});
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  relay.close();
  rmSync(dir, { recursive: true });
});

const until = (condition: () => unknown) =>
  vi.waitFor(() => expect(condition()).toBeTruthy(), { timeout: 4_000, interval: 5 });
const licensed = { HOTSPOT_LICENSE_KEY: "hs_lic_x" };

function hotspot(args: string[], env: Record<string, string> = {}) {
  const output = { out: "", err: "", code: null as number | null };
  const stop = Promise.withResolvers<void>();
  let reload: () => void = () => undefined;
  const ended = runCli(args, {
    env: { HOTSPOT_CONFIG_DIR: dir, HOTSPOT_PORTAL: relay.portalUrl, ...env },
    cwd: dir,
    program: [process.execPath, join(import.meta.dirname, "main.ts")],
    terminal: null,
    stdout: (text) => {
      output.out += text;
    },
    stderr: (text) => {
      output.err += text;
    },
    stopRequested: stop.promise,
    onReload: (listener) => {
      reload = listener;
    },
  }).then((code) => {
    output.code = code;
  });
  stops.push(stop.resolve);
  return { output, ended, stop: stop.resolve, reload: () => reload() };
}

describe("exit codes", () => {
  const connect = ["connect", "1", "--slug", "acme"];
  test.each([
    ["2 unknown option", ["connect", "--bogus"], {}, null, 2, /unknown option '--bogus'/],
    ["2 no slug", ["connect", "1"], {}, null, 2, /Give --slug/],
    ["2 no credential", connect, {}, null, 2, /hotspot login/],
    ["2 two targets", [...connect, "--to", "2"], licensed, null, 2, /Say the upstream once/],
    [
      "3 wrong license key",
      connect,
      licensed,
      portalError(401, "invalid_license_key", "this license key is not valid"),
      3,
      /not valid \(request req_1\)/,
    ],
    [
      "4 not yours",
      connect,
      licensed,
      portalError(404, "endpoint_not_found", "no such endpoint"),
      4,
      /add --claim/,
    ],
    [
      "6 suspended",
      connect,
      licensed,
      portalError(403, "endpoint_suspended", "suspended: write to support"),
      6,
      /write to support/,
    ],
    [
      "5 portal away",
      [...connect, "--no-retry", "--portal", "http://127.0.0.1:1"],
      licensed,
      null,
      5,
      /does not answer/,
    ],
    [
      "5 status, portal away",
      ["status", "--slug", "acme", "--portal", "http://127.0.0.1:1"],
      {},
      null,
      5,
      /does not answer/,
    ],
  ])(
    "%s",
    async (_, args, env, answer, code, sentence) => {
      relay.portal = () => answer;
      const { output } = hotspot(args, env);
      await until(() => output.code !== null);
      expect(output.err).toMatch(sentence);
      expect(output.err).not.toContain("    at ");
      expect(output.out).toBe("");
      expect(output.code).toBe(code);
    },
    20_000,
  );
});

describe("a config file with several endpoints", () => {
  const file = (text: string) => writeFileSync(join(dir, "hotspot.yaml"), text);
  const two = "endpoints:\n  - {slug: acme, to: 1}\n  - {slug: beta, to: 2}\n";

  test("all are served by one process, each with its own line", async () => {
    file(two);
    const { output } = hotspot(["connect"], licensed);
    await until(() => output.out.split("live ").length === 3);
    expect(output.out).toContain("-> http://127.0.0.1:1\n");
    expect(output.out).toContain("-> http://127.0.0.1:2\n");
    expect(relay.links.map(({ hello }) => hello!.subdomain).sort()).toEqual(["acme", "beta"]);
  });

  test("one that is refused does not end the others; when none is left the program ends with its code", async () => {
    file(two);
    let suspended = ["beta"];
    relay.portal = (_, { endpointSlug }) =>
      suspended.includes(String(endpointSlug))
        ? portalError(403, "endpoint_suspended", `${endpointSlug} is suspended`)
        : null;
    const { output } = hotspot(["connect"], licensed);
    await until(() => output.out.includes("live ") && output.err.includes("beta is suspended"));
    expect(output.err).toMatch(/^beta: Not served any more: beta is suspended/m);
    expect(output.code).toBeNull();
    suspended = ["acme", "beta"];
    const { output: none } = hotspot(["connect"], licensed);
    await until(() => none.code !== null);
    expect(none.code).toBe(6);
  });
});

test("a reload starts what is new, ends what is gone, and leaves the rest and a mistake alone", async () => {
  const file = (text: string) => writeFileSync(join(dir, "hotspot.yaml"), text);
  file("endpoints:\n  - {slug: kept, to: 1}\n  - {slug: gone, to: 1}\n  - {slug: moved, to: 1}\n");
  const { output, reload } = hotspot(["connect"], licensed);
  await until(() => output.out.split("live ").length === 4);
  const linkOf = (slug: string) => relay.links.filter(({ hello }) => hello?.subdomain === slug);
  file("endpoints:\n  - {slug: kept, to: 1}\n  - {slug: moved, to: 2}\n  - {slug: added, to: 3}\n");
  reload();
  await until(() => output.out.split("live ").length === 6);
  expect(output.err).toMatch(/^Reloaded: now serving moved, added; no longer serving gone\.$/m);
  await until(() => linkOf("gone")[0]!.session.closed && linkOf("moved")[0]!.session.closed);
  expect(linkOf("moved")).toHaveLength(2);
  expect(linkOf("kept").map(({ session }) => session.accepting)).toEqual([true]);
  file("endpoints:\n  - {slug: kept, too: 1}\n");
  reload();
  await until(() => output.err.includes("Not reloaded"));
  expect(output.err).toMatch(/hotspot\.yaml:2: unknown setting "too". Did you mean "to"/);
  expect(linkOf("added")[0]!.session.accepting).toBe(true);
});

test("--log-file takes everything, each line with its time, and goes on in a new file after a reload", async () => {
  const path = join(dir, "hotspot.log");
  const read = () => readFileSync(path, "utf8");
  const { output, reload, stop, ended } = hotspot(
    ["connect", "1", "--slug", "acme", "--log-file", path],
    licensed,
  );
  await until(() => existsSync(path) && read().includes("live "));
  expect(read()).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z live http:\/\/acme/m);
  expect(statSync(path).mode & 0o077).toBe(0);
  renameSync(path, `${path}.1`);
  reload();
  await until(() => existsSync(path) && read().includes("Reloaded: nothing has changed."));
  stop();
  await ended;
  expect(output).toEqual({ out: "", err: "", code: 0 });
});

test("--claim registers the name first and shows its token once, on stderr", async () => {
  let registered = false;
  relay.portal = (path) => {
    if (path === "/api/endpoints/register") {
      registered = true;
      return { status: 200, body: { endpoint: { publicBaseUrl: "http://a" }, endpointToken: "hs_ep_new" } };
    }
    return registered ? null : portalError(404, "endpoint_not_found", "no such endpoint");
  };
  const { output } = hotspot(["connect", "1", "--slug", "acme", "--claim"], licensed);
  await until(() => output.out.includes("live "));
  expect(output.err).toContain("hs_ep_new");
  expect(output.out).not.toContain("hs_ep_new");
  expect(relay.asked[1]).toMatchObject({ body: { slug: "acme", licenseKey: "hs_lic_x" } });
});

test("login with a key stores it, and connect uses it as bearer", async () => {
  relay.portal = (path) => (path === "/api/tenant" ? { status: 200, body: { name: "Acme" } } : null);
  const login = hotspot(["login", "--api-key", "hs_api_abc"]);
  await login.ended;
  expect(login.output).toMatchObject({ code: 0, out: expect.stringContaining("as Acme") });
  expect(login.output.out).not.toContain("hs_api_abc");
  const { output } = hotspot(["connect", "1", "--slug", "acme"]);
  await until(() => output.out.includes("live "));
  expect(relay.asked.at(-1)).toMatchObject({
    path: "/api/connectors/issue",
    authorization: "Bearer hs_api_abc",
    body: { endpointSlug: "acme" },
  });
});

test("login by the browser waits for the confirmation and makes a key of its own", async () => {
  let polls = 0;
  relay.portal = (path) => {
    if (path === "/api/auth/device/code") {
      const body = {
        device_code: "dc",
        user_code: "ABCD",
        verification_uri: "http://p/device",
        expires_in: 60,
        interval: 0.05,
      };
      return { status: 200, body };
    }
    if (path === "/api/auth/device/token") {
      return ++polls < 3
        ? { status: 400, body: { error: "authorization_pending" } }
        : { status: 200, body: { access_token: "session" } };
    }
    if (path === "/api/api-keys") return { status: 200, body: { secret: "hs_api_made" } };
    return { status: 200, body: { name: "Acme" } };
  };
  const { output, ended } = hotspot(["login"]);
  await ended;
  expect(output.code).toBe(0);
  expect(output.err).toContain("confirm the code ABCD");
  expect(relay.asked.map(({ path, authorization }) => [path, authorization]).slice(-2)).toEqual([
    ["/api/api-keys", "Bearer session"],
    ["/api/tenant", "Bearer hs_api_made"],
  ]);
  expect(JSON.parse(readFileSync(join(dir, "credentials.json"), "utf8")).apiKey).toBe("hs_api_made");
});

test("logs begins with the last requests and follows, each once, in words or as JSON", async () => {
  saveCredentials(dir, { portal: relay.portalUrl, apiKey: "hs_api_x" });
  const tokens = { model: "m", input: 31, output: 118, source: "provider" };
  const row = (id: number) => ({
    ...{ id: `req_${id}`, slug: "acme", startedAt: new Date(0), method: "POST", path: `/v1/${id}` },
    ...{ status: 200, bytesIn: 9, bytesOut: 1_234, durationMs: 1_500, errorCode: null, tokens },
  });
  const rows = [row(3), row(2), row(1)];
  let asked = 0;
  relay.portal = (path) => {
    expect(path).toMatch(/^\/api\/requests\?limit=\d+&slug=acme$/);
    // One question of the portal's goes wrong: it is asked again.
    if (++asked === 2) return portalError(503, "unavailable", "away");
    return { status: 200, body: { requests: rows, nextCursor: null } };
  };
  const once = hotspot(["logs", "--slug", "acme", "--limit", "2", "--json"]);
  await once.ended;
  expect(
    once.output.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).path),
  ).toEqual(["/v1/2", "/v1/3"]);
  asked = 0;
  const { output, stop, ended } = hotspot(["logs", "--slug", "acme", "--limit", "1", "--follow"]);
  await until(() => output.out.includes("/v1/3"));
  rows.unshift(row(5), row(4));
  await vi.waitFor(() => expect(output.out).toContain("/v1/5"), { timeout: 15_000, interval: 10 });
  stop();
  await ended;
  expect(output.err).toMatch(/^away\. Trying again\.$/m);
  expect(output.out.match(/\/v1\/\d/g)).toEqual(["/v1/3", "/v1/4", "/v1/5"]);
  expect(output.out).toMatch(/POST \/v1\/4 200 1\.5 s 1\.2 KB 31\+118 tokens$/m);
  expect(output.code).toBe(0);
}, 20_000);

test("status tells what the portal knows", async () => {
  relay.portal = () => ({
    status: 200,
    body: {
      endpoint: { slug: "acme", publicBaseUrl: "http://acme.localhost", status: "active" },
      relay: { online: true, connectors: [{ connectorId: "con_1", deviceId: "dev-1", latencyMs: 3.4 }] },
    },
  });
  writeFileSync(join(dir, "hotspot.yaml"), `license-key: hs_lic_x\nportal: ${relay.portalUrl}\nslug: acme\n`);
  const { output, ended } = hotspot(["status"]);
  await ended;
  expect(output.out).toBe("acme online http://acme.localhost\n  dev-1  3 ms\n");
});
