import { expect, test } from "vitest";
import { GoawayCode } from "../../protocol/codes.ts";
import { ExitCode } from "../exit.ts";
import { nextStep } from "./next-step.ts";

const goaway = (code: number) => nextStep({ kind: "goaway", code, reason: "r" }, false);
const refusal = (status: number | null) => nextStep({ kind: "notOpened", status, reason: "r" }, false);

test.each([
  [GoawayCode.drain, { kind: "now", report: null }],
  [GoawayCode.protocolError, { kind: "backOff", report: expect.stringContaining("code 1") }],
  [GoawayCode.flowControl, { kind: "backOff", report: expect.stringContaining("code 2") }],
  [GoawayCode.frameTooLarge, { kind: "backOff", report: expect.stringContaining("code 3") }],
  [GoawayCode.unauthorized, { kind: "backOff", newToken: true }],
  [GoawayCode.revoked, { kind: "exit", error: { exitCode: ExitCode.suspended } }],
  [GoawayCode.suspended, { kind: "exit", error: { exitCode: ExitCode.suspended } }],
  [GoawayCode.tooManyLinks, { kind: "backOff" }],
  [GoawayCode.version, { kind: "exit", error: { exitCode: ExitCode.unexpected } }],
  [GoawayCode.idle, { kind: "backOff", newToken: false }],
  [GoawayCode.internal, { kind: "backOff" }],
  [99, { kind: "backOff" }],
])("GOAWAY %i", (code, step) => {
  expect(goaway(code)).toMatchObject(step);
});

test.each([
  [null, { kind: "backOff", minDelayMs: 0, newToken: false }],
  [401, { kind: "backOff", newToken: true }],
  [402, { kind: "backOff", newToken: true }],
  [403, { kind: "backOff", newToken: true }],
  [409, { kind: "backOff", minDelayMs: 2_000 }],
  [426, { kind: "exit", error: { exitCode: ExitCode.unexpected } }],
  [429, { kind: "backOff", minDelayMs: 2_000 }],
  [503, { kind: "backOff", minDelayMs: 0 }],
  [404, { kind: "backOff", minDelayMs: 2_000 }],
])("an upgrade answered with %s", (status, step) => {
  expect(refusal(status)).toMatchObject(step);
});

test("a link too many is dropped while others are up", () => {
  const end = { kind: "goaway", code: GoawayCode.tooManyLinks, reason: "plan" } as const;
  expect(nextStep(end, true)).toEqual({ kind: "drop", report: "running with fewer links: plan" });
});
