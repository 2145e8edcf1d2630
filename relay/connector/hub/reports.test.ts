import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PortalError, PortalUnreachableError } from "../portal/errors.ts";
import type { HubReport, Reported } from "../portal/hub-client.ts";
import { Reports, type ReportsOptions } from "./reports.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const report: HubReport = { version: "1", checks: [], accessKeyId: "key-1", backup: null };
const answer: Reported = {
  state: "on",
  health: "ready",
  accessKeyId: "key-1",
  tunnelId: null,
  hostname: null,
  hostnames: [],
  reportAfterSeconds: 30,
};

function world(change: Partial<Pick<ReportsOptions, "intervalMs" | "onAnswer">> = {}) {
  const options = {
    gather: vi.fn(async () => report),
    send: vi.fn(async (_report: HubReport, _timeoutMs?: number) => answer),
    onAnswer: vi.fn(async () => false),
    onRefused: vi.fn<ReportsOptions["onRefused"]>(),
    log: vi.fn(),
    intervalMs: null,
    ...change,
  };
  return { options, reports: new Reports(options) };
}

test("it reports as often as the portal says, and soon after a change", async () => {
  const { options, reports } = world();
  reports.trigger();
  await vi.advanceTimersByTimeAsync(0);
  expect(options.send).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(options.send).toHaveBeenCalledTimes(2);
  for (let change = 0; change < 5; change++) reports.trigger();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(options.send).toHaveBeenCalledTimes(3);
  await vi.advanceTimersByTimeAsync(29_000);
  expect(options.send).toHaveBeenCalledTimes(3);
});

test("what its answer changed is reported at once, and a change during a report is not lost", async () => {
  const onAnswer = vi.fn().mockResolvedValueOnce(true).mockResolvedValue(false);
  const { options, reports } = world({ onAnswer });
  reports.trigger();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(options.send).toHaveBeenCalledTimes(2);
  options.gather.mockImplementationOnce(async () => {
    reports.trigger();
    return report;
  });
  await vi.advanceTimersByTimeAsync(31_000);
  expect(options.send).toHaveBeenCalledTimes(4);
});

test("a portal that is away changes nothing and is told of once", async () => {
  const { options, reports } = world({ intervalMs: 5_000 });
  options.send.mockRejectedValue(new PortalUnreachableError("the portal does not answer"));
  reports.trigger();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(options.onRefused).not.toHaveBeenCalled();
  expect(options.log).toHaveBeenCalledTimes(1);
  options.send.mockResolvedValue(answer);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(options.log).toHaveBeenLastCalledWith("warn", "the portal takes reports again");
});

test("a token that is refused again and again ends it; an unpaid account does not", async () => {
  const { options, reports } = world({ intervalMs: 5_000 });
  options.send.mockRejectedValue(new PortalError(402, "payment_required", "not paid"));
  reports.trigger();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(options.onRefused).not.toHaveBeenCalled();
  options.send.mockRejectedValue(new PortalError(401, "invalid_hub_token", "send the token"));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(options.onRefused).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(options.onRefused.mock.calls[0]![0]).toMatchObject({ exitCode: 3, message: /enabled elsewhere/ });
});

test("a stop says farewell, briefly, and is the end", async () => {
  const { options, reports } = world();
  reports.trigger();
  await vi.advanceTimersByTimeAsync(0);
  options.send.mockRejectedValue(new PortalUnreachableError("away"));
  await reports.stop(report);
  expect(options.send).toHaveBeenLastCalledWith(report, 2_000);
  reports.trigger();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(options.send).toHaveBeenCalledTimes(2);
});
