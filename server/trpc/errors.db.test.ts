import { describe, expect, test } from "vitest";
import { createDb, type Db } from "../../db/client.ts";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { databaseAway } from "../database-away.ts";
import { DomainError, errorKinds } from "../errors.ts";
import { callerOf, makeDeps, sessionOf, startRest } from "../testing/api.ts";
import { INTERNAL_MESSAGE, toTrpcError } from "./errors.ts";

const { db, url } = await createTestDb();
const tenant = await createTenant(db);

describe.each([
  ["a surprise tells the caller nothing but the request id", brokenDb, 500, "internal", INTERNAL_MESSAGE],
  // Nobody listens there: every query fails with the address in its message.
  [
    "of a database that is away it is told that it is",
    deadDb,
    503,
    "database_unavailable",
    databaseAway(null).message,
  ],
])("%s, and the log everything", (_, makeDb, status, code, message) => {
  const dead = makeDb();

  test("over tRPC", async () => {
    const deps = makeDeps(dead);
    const failing = callerOf(deps, { session: sessionOf(tenant) }).endpoints.list();
    await expect(failing).rejects.toMatchObject({
      code: status === 503 ? "SERVICE_UNAVAILABLE" : "INTERNAL_SERVER_ERROR",
      message,
    });
    expect(deps.lines).toEqual([
      {
        level: "error",
        message: "procedure failed",
        fields: {
          requestId: "req-test",
          path: "endpoints.list",
          err: status === 503 ? expect.objectContaining({ code: "ECONNREFUSED" }) : expect.any(Error),
        },
      },
    ]);
  });

  test("over REST", async () => {
    const base = await startRest(makeDeps(dead), { owner: sessionOf(tenant) });
    const response = await fetch(`${base}/api/endpoints`, { headers: { "x-test-user": "owner" } });
    expect(response.status).toBe(status);
    expect(response.headers.get("x-request-id")).toBe("req-rest");
    expect(await response.json()).toMatchObject({ error: { code, message, requestId: "req-rest" } });
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

function deadDb(): Db {
  return createDb("postgres://nobody:secret-password@127.0.0.1:1/none");
}

/** Without tables: every query fails, and not because the server is away. */
function brokenDb(): Db {
  return createDb(`${url}?options=-c%20search_path%3Dnowhere`);
}
