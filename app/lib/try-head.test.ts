import { expect, test } from "vitest";
import { readTryHead, tryHeadName, writeTryHead } from "./try-head.ts";

test("status and header fields survive the way through one header, whatever bytes they hold", () => {
  const answer = new Response(null, { status: 404, headers: { "x-name": "caf\u00e9, \u00ff" } });
  const carrier = new Response(null, { headers: { [tryHeadName]: writeTryHead(answer) } });
  expect(readTryHead(carrier)).toEqual({ status: 404, headers: [["x-name", "caf\u00e9, \u00ff"]] });
});

test("an answer of the portal itself has no such header", () => {
  expect(readTryHead(Response.json({ error: { message: "no" } }, { status: 400 }))).toBeNull();
});
