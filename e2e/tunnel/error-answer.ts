import { expect } from "vitest";
import { fieldValues, type RawResponse } from "../fixtures/raw-http.ts";

/** Checks everything that an answer of our own promises (design.md, "Errors"), whatever its shape. */
export function expectOurError(answer: RawResponse, status: number, code: string): void {
  expect([answer.status, fieldValues(answer, "hotspot-error")]).toEqual([status, [code]]);
  expect(fieldValues(answer, "cache-control")).toEqual(["no-store"]);
  expect(fieldValues(answer, "x-content-type-options")).toEqual(["nosniff"]);
  const [requestId] = fieldValues(answer, "x-request-id");
  expect(requestId).toMatch(/^req_/);
  const body = answer.body.toString();
  if (/^text\/html/.test(fieldValues(answer, "content-type")[0] ?? "")) {
    expect(body).toContain(code);
    expect(body).toContain(requestId);
    return;
  }
  const { error } = JSON.parse(body);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(/\.$/);
  expect(body).toContain(requestId);
}
