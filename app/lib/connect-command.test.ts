import { describe, expect, test } from "vitest";
import { connectCommand, hubEnableCommand, hubSelfHostedCommand } from "./connect-command.ts";

const usual = {
  licenseKey: "hs_lic_abc",
  slug: "acme",
  to: "http://127.0.0.1:11434",
  portalUrl: "http://localhost:3000",
};

test("the line has the key, the name and the upstream", () => {
  expect(connectCommand(usual)).toBe(
    "npx hotspot connect --license-key hs_lic_abc --slug acme --to http://127.0.0.1:11434",
  );
});

test("a portal other than the usual one is named", () => {
  expect(connectCommand({ ...usual, portalUrl: "https://portal.example.com" })).toMatch(
    / --portal https:\/\/portal\.example\.com$/,
  );
});

test("a key that is not known any more has a stand-in", () => {
  expect(connectCommand({ ...usual, licenseKey: null })).toContain("--license-key YOUR_LICENSE_KEY ");
});

test.each([
  ["http://h/?a=1&b=$(id)", "'http://h/?a=1&b=$(id)'"],
  ["http://h/it's", "'http://h/it'\\''s'"],
])("%s cannot do anything in a shell", (to, quoted) => {
  expect(connectCommand({ ...usual, to })).toContain(`--to ${quoted}`);
});

describe("the line that makes a machine a hub", () => {
  const hub = {
    hubId: "office-server",
    accountId: "ten_1",
    serviceUrl: "http://localhost:8080",
    portalUrl: "http://localhost:3000",
  };

  test("has all that the hub has to know", () => {
    expect(hubEnableCommand(hub)).toBe(
      "npx hotspot hub enable --hub-id office-server --account-id ten_1 --hub-token - --to http://localhost:8080",
    );
  });

  test("leaves to its owner what only they know of their own account", () => {
    expect(hubSelfHostedCommand(hub)).toMatch(
      /^npx hotspot hub enable --self-hosted --cf-account YOUR_ACCOUNT_ID .*--hub-id office-server/,
    );
  });
});
