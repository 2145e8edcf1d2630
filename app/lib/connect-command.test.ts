import { expect, test } from "vitest";
import { connectCommand } from "./connect-command.ts";

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
