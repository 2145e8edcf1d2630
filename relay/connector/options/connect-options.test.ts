import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ExitCode, ExitError } from "../exit.ts";
import { credentialsPath, saveCredentials } from "./config-dir.ts";
import { type EndpointOptions, type Options, resolveOptions, type Sources } from "./connect-options.ts";

let root: string;
let cwd: string;
let dir: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hotspot-options-"));
  cwd = join(root, "project");
  dir = join(root, "config");
  mkdirSync(cwd);
  mkdirSync(dir);
});
afterEach(() => rmSync(root, { recursive: true }));

function resolve(sources: Partial<Sources> = {}): Options & EndpointOptions {
  const options = resolveAll(sources);
  return { ...options, ...options.endpoints[0]! };
}

function resolveAll(sources: Partial<Sources> = {}): Options {
  return resolveOptions({ flags: {}, cwd, ...sources, env: { HOTSPOT_CONFIG_DIR: dir, ...sources.env } });
}

function mistake(sources: Partial<Sources>): string {
  try {
    resolve(sources);
  } catch (error) {
    expect(error).toBeInstanceOf(ExitError);
    expect((error as ExitError).exitCode).toBe(ExitCode.usage);
    return (error as ExitError).message;
  }
  throw new Error("no mistake was found");
}

const write = (path: string, text: string) => {
  writeFileSync(path, text);
  return path;
};

describe("precedence", () => {
  test("without anything there are the defaults", () => {
    expect(resolve()).toMatchObject({
      portal: "http://localhost:3000",
      relay: null,
      credential: null,
      slug: null,
      to: null,
      connections: 1,
      hostHeader: "rewrite",
      upstreamTimeoutMs: 330_000,
      insecureUpstream: false,
      claim: false,
      retry: true,
      json: false,
    });
  });

  test("flag before environment before ./hotspot.yaml before the config directory", () => {
    write(join(dir, "config.yaml"), "slug: user\nconnections: 2\nto: 1\nlicense-key: hs_lic_user\n");
    write(join(cwd, "hotspot.yaml"), "slug: project\nconnections: 3\nto: 2\n");
    const env = { HOTSPOT_SLUG: "environment", HOTSPOT_CONNECTIONS: "4" };
    expect(resolve({ env, flags: { slug: "flagged" } })).toMatchObject({
      slug: "flagged",
      connections: 4,
      to: "2",
      credential: { kind: "license", licenseKey: "hs_lic_user" },
    });
  });

  test("a named config file is the only one; blank variables count as unset", () => {
    write(join(cwd, "hotspot.yaml"), "slug: project\n");
    const file = write(
      join(root, "other.yaml"),
      "connections: 5\nretry: false\nhost-header: a.example.com:80\n",
    );
    expect(resolve({ configFile: file, env: { HOTSPOT_SLUG: " " } })).toMatchObject({
      slug: null,
      connections: 5,
      retry: false,
      hostHeader: { value: "a.example.com:80" },
    });
  });
});

describe("mistakes are sentences that say what to do", () => {
  test.each([
    [{ connections: "0" }, 'connections on the command line is "0". Give a whole number from 1 to 16.'],
    [{ connections: "many" }, /whole number/],
    [{ slug: "acme.example.com" }, /Give only the first part of the host name/],
    [{ slug: "-a-" }, /letters, digits and inner hyphens/],
    [{ portal: "portal.example.com" }, /whole address, like https:\/\/portal/],
    [{ portal: "https://me:pw@portal" }, /whole address/],
    [{ relay: "https://relay.example.com" }, /wss:\/\/relay/],
    [{ upstreamTimeout: "-1" }, /1 to 86400/],
    [{ hostHeader: "a\r\nb" }, /rewrite, preserve/],
    [{ licenseKey: "hs_api_secret" }, /hotspot login --api-key/],
    [{ licenseKey: "hs_ep_secret" }, /is not a license key/],
  ])("%j", (flags, message) => {
    const said = mistake({ flags });
    expect(said).toMatch(message);
    expect(said).not.toContain("secret");
  });

  test("in files: unknown names, broken YAML, wrong shapes, a missing file", () => {
    expect(mistake({ configFile: write(join(root, "a"), "slugg: x\n") })).toMatch(
      /a:1: unknown setting "slugg". Did you mean "slug"\?$/,
    );
    expect(mistake({ configFile: write(join(root, "b"), "a: [\n") })).toMatch(/not valid YAML/);
    expect(mistake({ configFile: write(join(root, "c"), "- a\n") })).toMatch(/lines like/);
    expect(mistake({ configFile: write(join(root, "d"), "slug: {a: 1}\n") })).toMatch(/single value/);
    expect(mistake({ configFile: join(root, "none") })).toMatch(/Check --config/);
  });
});

describe("a file with several endpoints", () => {
  const file = `portal: https://portal.example.com
connections: 2
endpoints:
  - slug: acme
    to: 8080
  - { slug: Beta, to: "http://127.0.0.1:9", host-header: preserve, connections: 4 }
`;
  const names = (flags: Sources["flags"] = {}, env = {}) =>
    resolveAll({ flags, env }).endpoints.map(({ slug, to, connections }) => [slug, to, connections]);

  test("all are served, each with its own settings before the common ones; a flag goes before both", () => {
    write(join(cwd, "hotspot.yaml"), file);
    expect(names()).toEqual([
      ["acme", "8080", 2],
      ["beta", "http://127.0.0.1:9", 4],
    ]);
    expect(names({ connections: 1 }).map((row) => row[2])).toEqual([1, 1]);
    expect(resolveAll().endpoints.map(({ hostHeader }) => hostHeader)).toEqual(["rewrite", "preserve"]);
  });

  test("--slug takes one of them; another name needs its own --to", () => {
    write(join(cwd, "hotspot.yaml"), file);
    expect(names({ slug: "beta", to: "7" })).toEqual([["beta", "7", 4]]);
    expect(names({}, { HOTSPOT_SLUG: "acme" })).toEqual([["acme", "8080", 2]]);
    expect(names({ slug: "gamma", to: "7" })).toEqual([["gamma", "7", 2]]);
    expect(mistake({ flags: { slug: "acne" } })).toMatch(/has no endpoint acne. Did you mean "acme"\?/);
    expect(mistake({ flags: { to: "7" } })).toMatch(/Say which with --slug/);
  });

  test("a project's single endpoint goes before the list of the config directory", () => {
    write(join(dir, "config.yaml"), file);
    expect(names()).toHaveLength(2);
    write(join(cwd, "hotspot.yaml"), "slug: here\nto: 3\n");
    expect(names()).toEqual([["here", "3", 2]]);
  });

  test.each([
    ["endpoints: acme", /x:1: endpoints is no list. Write a list/],
    ["endpoints: []", /x:1: endpoints is no list/],
    ["endpoints:\n  - acme", /x:2: an endpoint must have a slug/],
    ["endpoints:\n  - to: 1", /x:2: this endpoint has no slug/],
    [
      "endpoints:\n  - slug: acme\n    host-heade: a",
      /x:3: unknown setting "host-heade". Did you mean "host-header"/,
    ],
    ["endpoints:\n  - slug: acme\n    license-key: a", /x:3: license-key is for the whole program/],
    ["endpoints:\n  - slug: acme\n  - slug: ACME", /x:3: acme is there already \(.*x:2\). Name each once/],
    ["endpoints:\n  - slug: acme\n    connections: 99", /connections in .*x:3 is "99". Give a whole number/],
    ["slug: acme\nendpoints:\n  - slug: other", /x:1: slug stands beside endpoints. Move it/],
    ["endpoint:\n  - slug: acme", /x:1: unknown setting "endpoint". Did you mean "endpoints"/],
    ["slug: a\nslug: b", /x:2: not valid YAML/],
    ["whatever: 1", /x:1: unknown setting "whatever". Known: endpoints, license-key/],
  ])("%j is refused with file, line and what to do", (text, message) => {
    expect(mistake({ configFile: write(join(root, "x"), text) })).toMatch(message);
  });
});

describe("credentials", () => {
  test("a login is used for its own portal only, and a license key before it", () => {
    saveCredentials(dir, { portal: "https://portal.example.com", apiKey: "hs_api_1" });
    const flags = { portal: "https://portal.example.com/" };
    expect(resolve({ flags }).credential).toEqual({ kind: "apiKey", apiKey: "hs_api_1" });
    expect(resolve({ flags: { portal: "https://evil.example.com" } }).credential).toBeNull();
    expect(resolve({ flags: { ...flags, licenseKey: "hs_lic_1" } }).credential).toMatchObject({
      kind: "license",
    });
  });

  test("a project's file cannot send somebody's key to a server of its choice", () => {
    write(join(cwd, "hotspot.yaml"), "portal: https://evil.example.com\n");
    const env = { HOTSPOT_LICENSE_KEY: "hs_lic_mine" };
    expect(mistake({ env })).toMatch(/pass --portal yourself/);
    expect(resolve({ env, flags: { portal: "https://good.example.com" } }).portal).toBe(
      "https://good.example.com",
    );
    write(join(cwd, "hotspot.yaml"), "relay: wss://evil.example.com\n");
    expect(mistake({ env })).toMatch(/pass --relay yourself/);
    saveCredentials(dir, { portal: "http://localhost:3000", apiKey: "hs_api_1" });
    expect(mistake({})).toMatch(/pass --relay yourself/);
  });

  test("are stored readable by their owner only, also over a file that was not", () => {
    write(credentialsPath(dir), "{}");
    const path = saveCredentials(dir, { portal: "http://a", apiKey: "hs_api_1" });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("damaged ones are named", () => {
    write(credentialsPath(dir), "{");
    expect(mistake({})).toMatch(/damaged. Run `hotspot login` again/);
  });
});

test("the device id is made once and kept", () => {
  const { deviceId } = resolve();
  expect(deviceId).toMatch(/^dev-[0-9a-f-]{36}$/);
  expect(resolve().deviceId).toBe(deviceId);
  expect(readFileSync(join(dir, "device-id"), "utf8").trim()).toBe(deviceId);
  expect(resolve({ flags: { deviceId: "mine" } }).deviceId).toBe("mine");
});
