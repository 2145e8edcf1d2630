import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  forgetHubSecrets,
  getHubSettings,
  type HubSettings,
  hubRunDir,
  hubSettingsPath,
  listHubIds,
  loadHubSettings,
  saveHubSettings,
} from "./state.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hotspot-hub-state-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const settings: HubSettings = {
  mode: "managed",
  portalUrl: "https://portal.example.com",
  accountId: "tenant-1",
  hubId: "office-server",
  hubToken: "hs_hub_secret",
  serviceUrl: "http://localhost:8080",
  enabled: true,
  hostname: "acme-1.example.com",
  tunnelId: "0f0e",
  tunnelToken: "tunnel-secret",
  bucket: {
    endpoint: "https://a.r2.example.com",
    name: "hotspot-x",
    prefix: "hubs/hub_1",
    accessKeyId: "key-1",
    secretAccessKey: "bucket-secret",
  },
  backupPassword: "password-secret",
  backup: { paths: ["/data"], exclude: [], everyHours: 24, keepDaily: 7, keepWeekly: 4, keepMonthly: 12 },
  note: null,
  cloudflared: null,
  selfHosted: null,
};

test("settings come back as they were stored, in a file of this user's only", () => {
  expect(loadHubSettings(dir, "office-server")).toBeNull();
  saveHubSettings(dir, { ...settings, enabled: false });
  saveHubSettings(dir, settings);
  expect(loadHubSettings(dir, "office-server")).toEqual(settings);
  expect(statSync(hubSettingsPath(dir, "office-server")).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, "hubs")).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(dir, "hubs"))).toEqual(["office-server.json"]);
});

test("a file that others can read is refused, with what to do", () => {
  saveHubSettings(dir, settings);
  const path = hubSettingsPath(dir, "office-server");
  chmodSync(path, 0o640);
  expect(() => loadHubSettings(dir, "office-server")).toThrow(
    /can read it\. Run `chmod 600 .*office-server\.json`/,
  );
  chmodSync(path, 0o620);
  expect(() => loadHubSettings(dir, "office-server")).toThrow(/can change it/);
  chmodSync(path, 0o600);
  expect(loadHubSettings(dir, "office-server")).toEqual(settings);
});

test("a damaged file is named, without repeating what is in it", () => {
  saveHubSettings(dir, settings);
  writeFileSync(
    hubSettingsPath(dir, "office-server"),
    JSON.stringify({ ...settings, enabled: "tunnel-secret" }),
  );
  const failure = (() => {
    try {
      loadHubSettings(dir, "office-server");
    } catch (error) {
      return (error as Error).message;
    }
  })();
  expect(failure).toMatch(/office-server\.json is damaged \(enabled\)/);
  expect(failure).not.toContain("secret");
  writeFileSync(hubSettingsPath(dir, "office-server"), "{");
  expect(() => loadHubSettings(dir, "office-server")).toThrow(/damaged \(not JSON\)/);
});

test("a switched-off hub keeps its name and a note, and no secret", () => {
  saveHubSettings(dir, settings);
  mkdirSync(hubRunDir(dir, "office-server"), { recursive: true });
  writeFileSync(join(hubRunDir(dir, "office-server"), "token"), "tunnel-secret");
  const cleared = forgetHubSecrets(dir, settings, "Switched off in the portal.");
  expect(loadHubSettings(dir, "office-server")).toEqual(cleared);
  expect(cleared).toMatchObject({
    enabled: false,
    hostname: "acme-1.example.com",
    note: "Switched off in the portal.",
  });
  expect(readdirSync(join(dir, "hubs"))).toEqual(["office-server.json"]);
  expect(readFileSync(hubSettingsPath(dir, "office-server"), "utf8")).not.toContain("secret");
});

test("only names that are one part of a path are names of hubs", () => {
  expect(listHubIds(dir)).toEqual([]);
  for (const hubId of ["b", "a.b_c-D"]) saveHubSettings(dir, { ...settings, hubId });
  writeFileSync(join(dir, "hubs", ".hidden.json"), "");
  expect(listHubIds(dir)).toEqual(["a.b_c-D", "b"]);
  for (const hubId of ["../b", "a/b", "", ".b", "b ", "x".repeat(121)]) {
    expect(() => loadHubSettings(dir, hubId)).toThrow(/--hub-id is/);
  }
  expect(() => getHubSettings(dir, "none")).toThrow(/no hub none on this machine/);
});
