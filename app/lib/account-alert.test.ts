import { expect, test } from "vitest";
import { accountAlert } from "./account-alert.ts";

const well = { suspended: null, billingState: "ok", graceEndsAt: null } as const;

test("nothing is said while all is well", () => {
  expect(accountAlert(well)).toBeNull();
});

test("a missing payment says until when service goes on, then that it has stopped", () => {
  const graceEndsAt = "2026-11-28T00:00:00.000Z";
  expect(accountAlert({ ...well, graceEndsAt })).toMatchObject({
    tone: "warn",
    text: expect.stringContaining("28\u00a0Nov\u00a02026"),
    payable: true,
  });
  expect(accountAlert({ ...well, graceEndsAt, billingState: "unpaid" })).toMatchObject({
    tone: "bad",
    text: expect.stringContaining("answer 402"),
    payable: true,
  });
});

test("a suspension is said first: paying does not lift it", () => {
  expect(accountAlert({ ...well, suspended: { reason: "phishing" }, billingState: "unpaid" })).toMatchObject({
    tone: "bad",
    text: expect.stringContaining("(phishing)"),
    payable: false,
  });
});
