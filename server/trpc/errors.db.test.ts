import { describe, expect, test } from "vitest";
import { createDb } from "../../db/client.ts";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { DomainError, errorKinds } from "../errors.ts";
import { callerOf, makeDeps, sessionOf, startRest } from "../testing/api.ts";
import { INTERNAL_MESSAGE, toTrpcError } from "./errors.ts";

const { db } = await createTestDb();
const tenant = await createTenant(db);

describe("a surprise tells the caller nothing but the request id, and the log everything", () => {
  // Nobody listens there: every query fails with the address in its message.
  const dead = createDb("postgres://nobody:secret-password@127.0.0.1:1/none");

  test("over tRPC", async () => {
    const deps = makeDeps(dead);
    const failing = callerOf(deps, { session: sessionOf(tenant) }).endpoints.list();
    await expect(failing).rejects.toMatchObject({ code: "INTERNAL_SERVER_ERROR", message: INTERNAL_MESSAGE });
    expect(deps.lines).toEqual([
      {
        level: "error",
        message: "procedure failed",
        fields: {
          requestId: "req-test",
          path: "endpoints.list",
          err: expect.objectContaining({ code: "ECONNREFUSED" }),
        },
      },
    ]);
  });

  test("over REST", async () => {
    const base = await startRest(makeDeps(dead), { owner: sessionOf(tenant) });
    const response = await fetch(`${base}/api/endpoints`, { headers: { "x-test-user": "owner" } });
    expect(response.status).toBe(500);
    expect(response.headers.get("x-request-id")).toBe("req-rest");
    expect(await response.json()).toEqual({
      error: { code: "internal", message: INTERNAL_MESSAGE, requestId: "req-rest" },
    });
  });
});

test("an expected answer is logged at info, never as an error", async () => {
  const deps = makeDeps(db);
  await expect(
    callerOf(deps, { session: sessionOf(tenant) }).endpoints.get({ slug: "nothing" }),
  ).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: "there is no such endpoint",
    cause: { code: "endpoint_not_found" },
  });
  expect(deps.lines.map(({ level }) => level)).toEqual(["info"]);
});

test("a wrong input names its field in a sentence, and never repeats the value", async () => {
  const failing = callerOf(makeDeps(db)).endpoints.details({
    licenseKey: "hs_lic_secret".repeat(100),
    deviceId: "x",
  });
  const error = (await failing.catch((reason: unknown) => reason)) as Error;
  expect(error).toMatchObject({ code: "BAD_REQUEST", message: expect.stringMatching(/^licenseKey: /) });
  expect(error.message).not.toContain("hs_lic_secret");
});

test("every kind of error has one code", () => {
  expect(
    Object.fromEntries(errorKinds.map((kind) => [kind, toTrpcError(new DomainError(kind, "x", "x")).code])),
  ).toEqual({
    not_found: "NOT_FOUND",
    conflict: "CONFLICT",
    forbidden: "FORBIDDEN",
    unauthorized: "UNAUTHORIZED",
    invalid: "BAD_REQUEST",
    limit: "FORBIDDEN",
    precondition: "PRECONDITION_FAILED",
    unavailable: "SERVICE_UNAVAILABLE",
    internal: "INTERNAL_SERVER_ERROR",
  });
  expect(toTrpcError(new DomainError("limit", "rate_limited", "x", { retryAfterSeconds: 3 })).code).toBe(
    "TOO_MANY_REQUESTS",
  );
  expect(toTrpcError(new DomainError("precondition", "payment_required", "x")).code).toBe("PAYMENT_REQUIRED");
});

describe("a credential that does not hold is never made up for by another one", () => {
  const session = sessionOf(tenant);
  const deps = makeDeps(db);
  test.each([
    ["a wrong API key beside a session", { session, authorization: "Bearer hs_api_wrong" }],
    ["some bearer token beside a session", { session, authorization: "Bearer something" }],
  ])("%s", async (_name, input) => {
    await expect(callerOf(deps, input).tenants.current()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });

  test("a wrong license key beside a session", async () => {
    await expect(
      callerOf(deps, { session }).endpoints.details({ licenseKey: "hs_lic_wrong", deviceId: "x" }),
    ).rejects.toMatchObject({ cause: { code: "invalid_license_key" } });
  });

  test("a license key without a device", async () => {
    await expect(
      callerOf(deps, { session }).endpoints.details({ licenseKey: tenant.licenseKey }),
    ).rejects.toMatchObject({ cause: { details: { field: "deviceId" } } });
  });

  test("a session of a user without any tenant", async () => {
    const stranger = { ...session, userId: "usr_nobody" };
    await expect(callerOf(deps, { session: stranger }).tenants.current()).rejects.toMatchObject({
      code: "FORBIDDEN",
      cause: { code: "no_tenant" },
    });
  });
});
