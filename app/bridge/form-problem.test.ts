import { TRPCError } from "@trpc/server";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { DomainError } from "../../server/errors.ts";
import { attempt, orErrorPage, orNull } from "./form-problem.server.ts";

const taken = new DomainError("conflict", "slug_held", "acme is held", { field: "slug" });

describe("attempt", () => {
  test("gives the value when there is one", async () => {
    expect(await attempt(Promise.resolve(7))).toEqual({ value: 7, problem: null });
  });

  test.each([
    ["of a procedure", new TRPCError({ code: "CONFLICT", message: taken.message, cause: taken })],
    ["of the load context", taken],
  ])("gives a refusal %s as a value, with its field", async (_, error) => {
    expect((await attempt(Promise.reject(error))).problem).toEqual({
      code: "slug_held",
      message: "Acme is held.",
      field: "slug",
      details: { field: "slug" },
    });
  });

  test("names the first wrong input of a schema", async () => {
    const cause = z.object({ name: z.string().min(1, "Give it a name.") }).safeParse({ name: "" }).error;
    const error = new TRPCError({ code: "BAD_REQUEST", message: "name: Give it a name.", cause });
    expect((await attempt(Promise.reject(error))).problem).toMatchObject({
      code: "invalid_input",
      message: "Give it a name.",
      field: "name",
    });
  });

  test.each([
    new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: "secret" }),
    new TRPCError({ code: "UNAUTHORIZED" }),
    new DomainError("internal", "internal", "secret"),
    new TypeError("a bug"),
  ])("throws what no rule expected: %s", async (error) => {
    await expect(attempt(Promise.reject(error))).rejects.toBe(error);
  });
});

describe("orErrorPage", () => {
  test.each([
    ["NOT_FOUND", 404],
    ["BAD_REQUEST", 404],
    ["FORBIDDEN", 403],
    ["TOO_MANY_REQUESTS", 429],
  ] as const)("%s is the page of %d", async (code, status) => {
    await expect(orErrorPage(Promise.reject(new TRPCError({ code })))).rejects.toMatchObject({ status });
  });

  test("throws what no rule expected", async () => {
    const error = new Error("a bug");
    await expect(orErrorPage(Promise.reject(error))).rejects.toBe(error);
  });
});

test("a part that may come later never rejects", async () => {
  expect(await orNull(Promise.reject(new Error("gone")))).toBeNull();
  expect(await orNull(Promise.resolve(7))).toBe(7);
});
