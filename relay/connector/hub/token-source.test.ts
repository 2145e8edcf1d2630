import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeEach, expect, test } from "vitest";
import { readTokenSource, type TokenFlags } from "./token-source.ts";

const TOKEN = "hs_hub_abc";
const cwd = mkdtempSync(join(tmpdir(), "hotspot-token-"));
afterAll(() => rmSync(cwd, { recursive: true }));
let said = "";
beforeEach(() => {
  said = "";
});
const read = (flags: TokenFlags, env: Record<string, string> = {}, stdin = "") =>
  readTokenSource(flags, { cwd, env, stderr: (text) => (said += text) }, () => Readable.from([stdin]));

test("from a file, its path by flag or variable, or from stdin: without a word", async () => {
  writeFileSync(join(cwd, "token"), `${TOKEN}\n`, { mode: 0o600 });
  expect(await read({ hubTokenFile: "token" })).toBe(TOKEN);
  expect(await read({}, { HOTSPOT_HUB_TOKEN_FILE: "token" })).toBe(TOKEN);
  expect(await read({ hubToken: "-" }, {}, `\n ${TOKEN} \nmore`)).toBe(TOKEN);
  // The token itself goes before a file that holds one.
  expect(await read({}, { HOTSPOT_HUB_TOKEN: TOKEN, HOTSPOT_HUB_TOKEN_FILE: "none" })).toBeUndefined();
  expect(said).toBe("");
});

test("on the command line it works, with one line of warning that does not repeat it", async () => {
  expect(await read({ hubToken: TOKEN })).toBe(TOKEN);
  expect(said).toMatch(/^Warning: --hub-token shows the token to everybody .* HOTSPOT_HUB_TOKEN\.\n$/);
  expect(said).not.toContain(TOKEN);
});

test("a file that others may read, none at all, two sources and an empty stdin are refused", async () => {
  writeFileSync(join(cwd, "open"), TOKEN);
  await expect(read({ hubTokenFile: "open" })).rejects.toThrow(/other users of this machine can read it/);
  await expect(read({ hubTokenFile: "none" })).rejects.toThrow(/There is no file .*none/);
  await expect(read({ hubToken: "-", hubTokenFile: "token" })).rejects.toThrow(/not both/);
  await expect(read({ hubToken: "-" }, {}, "\n")).rejects.toThrow(/ended without one/);
});
