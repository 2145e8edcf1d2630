import fc from "fast-check";
import { expect, test } from "vitest";
import { addMonths, billingPeriodOf } from "./index.ts";

const at = (text: string) => new Date(text);
const subscription = (start: string, end: string, endedAt: string | null = null) => ({
  current_period_start: at(start),
  current_period_end: at(end),
  ended_at: endedAt === null ? null : at(endedAt),
});
const days = ({ start, end }: { start: Date; end: Date }) =>
  [start, end].map((time) => time.toISOString().slice(0, 10)).join(" ");

test("without a subscription a period is the calendar month of UTC", () => {
  expect(days(billingPeriodOf(null, at("2028-02-29T23:59:59.999Z")))).toBe("2028-02-01 2028-03-01");
  expect(days(billingPeriodOf(null, at("2026-12-31T23:59:59Z")))).toBe("2026-12-01 2027-01-01");
  expect(days(billingPeriodOf(null, at("2027-01-01T00:00:00Z")))).toBe("2027-01-01 2027-02-01");
});

test("the current period of a subscription is Stripe's word, its end belongs to the next", () => {
  const current = subscription("2026-11-05T10:00:00Z", "2026-12-05T10:00:00Z");
  expect(days(billingPeriodOf(current, at("2026-12-05T09:59:59.999Z")))).toBe("2026-11-05 2026-12-05");
  expect(days(billingPeriodOf(current, at("2026-12-05T10:00:00Z")))).toBe("2026-12-05 2027-01-05");
  expect(days(billingPeriodOf(current, at("2027-03-01T00:00:00Z")))).toBe("2027-02-05 2027-03-05");
  expect(days(billingPeriodOf(current, at("2026-11-05T09:59:59Z")))).toBe("2026-10-05 2026-11-05");
});

test("an anchor on the 31st falls on the last day of a shorter month and comes back", () => {
  const january = subscription("2028-01-31T08:00:00Z", "2028-02-29T08:00:00Z");
  expect(days(billingPeriodOf(january, at("2028-03-01T00:00:00Z")))).toBe("2028-02-29 2028-03-31");
  expect(days(billingPeriodOf(january, at("2028-04-30T08:00:00Z")))).toBe("2028-04-30 2028-05-31");
  const february = subscription("2027-02-28T08:00:00Z", "2027-03-30T08:00:00Z");
  expect(days(billingPeriodOf(february, at("2027-04-30T09:00:00Z")))).toBe("2027-04-30 2027-05-30");
  expect(days(billingPeriodOf(february, at("2027-02-01T00:00:00Z")))).toBe("2027-01-30 2027-02-28");
});

test("after a trial the months are anchored at its end", () => {
  const trial = subscription("2027-01-31T10:00:00Z", "2027-02-14T10:00:00Z");
  expect(days(billingPeriodOf(trial, at("2027-03-20T00:00:00Z")))).toBe("2027-03-14 2027-04-14");
});

test("after its end a subscription's last month is the free plan's, from the end on", () => {
  const ended = subscription("2026-11-05T10:00:00Z", "2026-12-05T10:00:00Z", "2026-11-20T10:20:00Z");
  expect(billingPeriodOf(ended, at("2026-11-20T10:20:00Z"))).toEqual({
    start: at("2026-11-20T10:20:00Z"),
    end: at("2026-12-01T00:00:00Z"),
  });
  expect(days(billingPeriodOf(ended, at("2026-12-03T00:00:00Z")))).toBe("2026-12-01 2027-01-01");
  expect(days(billingPeriodOf(ended, at("2026-11-20T10:19:59Z")))).toBe("2026-11-05 2026-12-05");
});

test("every moment lies in exactly one period, whatever the anchor", () => {
  const year = 365 * 86_400_000;
  fc.assert(
    fc.property(
      fc.date({ min: at("2024-01-01T00:00:00Z"), max: at("2032-01-01T00:00:00Z"), noInvalidDate: true }),
      fc.integer({ min: -2 * year, max: 2 * year }),
      (start, offset) => {
        const current = {
          current_period_start: start,
          current_period_end: addMonths(start, 1, start.getUTCDate()),
          ended_at: null,
        };
        const moment = new Date(start.getTime() + offset);
        const period = billingPeriodOf(current, moment);
        expect(period.start <= moment && moment < period.end).toBe(true);
        expect(billingPeriodOf(current, period.end).start).toEqual(period.end);
        expect(billingPeriodOf(current, new Date(period.start.getTime() - 1)).end).toEqual(period.start);
        expect(period.end.getTime() - period.start.getTime()).toBeLessThanOrEqual(31 * 86_400_000);
        expect(period.end.getTime() - period.start.getTime()).toBeGreaterThanOrEqual(28 * 86_400_000);
      },
    ),
  );
});
