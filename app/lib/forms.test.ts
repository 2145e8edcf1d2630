import { describe, expect, test } from "vitest";
import { readAbuseReport, slugOfAddress } from "./abuse-report.ts";
import { doneText } from "./done.ts";
import { readEndpointChange } from "./endpoint-change.ts";
import { keyExpiry } from "./key-lifetimes.ts";
import { problemAt, problemElsewhere } from "./problem.ts";
import { splitAddress } from "./split-address.ts";
import { readPort } from "./upstreams.ts";

function formOf(values: Record<string, string>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(values)) form.set(name, value);
  return form;
}

describe("abuse report", () => {
  test.each([
    ["acme", "acme"],
    ["acme.example.com", "acme"],
    ["https://ACME.example.com:8443/login?x=1", "acme"],
    ["https://elsewhere.org", "https://elsewhere.org"],
    ["https://notexample.com", "https://notexample.com"],
  ])("%s is about %s", (text, slug) => {
    expect(slugOfAddress(text, "example.com")).toBe(slug);
  });

  test("an unknown reason is another one, an empty address of the reporter is none", () => {
    const report = readAbuseReport(
      formOf({ slug: " acme ", reason: "x", detail: "d", email: "" }),
      "example.com",
    );
    expect(report).toEqual({ slug: "acme", reason: "other", detail: "d", email: undefined });
  });
});

describe("endpoint change", () => {
  test("what the form does not have stays as it is", () => {
    expect(readEndpointChange(formOf({}))).toEqual({});
    expect(readEndpointChange(formOf({ requireAccessKey: "on" }))).toEqual({ requireAccessKey: true });
  });

  test("a way to count tokens is one of the three, or none", () => {
    expect(readEndpointChange(formOf({ usageMode: "read" }))).toEqual({ usageMode: "read" });
    expect(readEndpointChange(formOf({ usageMode: "guess" }))).toEqual({});
  });

  test("an empty upstream switches it off", () => {
    expect(readEndpointChange(formOf({ upstreamBaseUrl: "  " }))).toEqual({ upstreamBaseUrl: null });
  });
});

test("a key ends after the chosen days, or never", () => {
  expect(keyExpiry("7", 0)).toBe("1970-01-08T00:00:00.000Z");
  expect([keyExpiry("never", 0), keyExpiry("nonsense", 0)]).toEqual([undefined, undefined]);
});

test("a refusal stands beside its input, or above the form when the form has no such input", () => {
  const problem = { message: "too short", field: "password" };
  expect(problemAt(problem, "password")).toBe("too short");
  expect(problemElsewhere(problem, ["password"])).toBeNull();
  expect(problemElsewhere(problem, ["email"])).toBe("too short");
  expect(problemElsewhere({ message: "limit", field: null }, ["email"])).toBe("limit");
});

test("only known codes become a toast", () => {
  expect(doneText(new URLSearchParams("done=signed-out"))).toBe("You are signed out.");
  expect(doneText(new URLSearchParams("done=constructor"))).toBeNull();
});

test("a public address is cut around the name", () => {
  expect(splitAddress("http://name.localhost:8789", "name")).toEqual({
    before: "http://",
    after: ".localhost:8789",
  });
});

test.each([
  ["3000", 3000],
  [" 65535 ", 65_535],
  ["0", null],
  ["65536", null],
  ["1e3", null],
  ["", null],
])("port %j is %j", (text, port) => {
  expect(readPort(text)).toBe(port);
});
