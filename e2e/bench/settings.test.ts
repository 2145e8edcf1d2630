import { describe, expect, it } from "vitest";
import { readSettings } from "./settings.ts";

describe("the benchmark's settings", () => {
  it("measures five pairs of 4 s of everything unless told otherwise", () => {
    expect(readSettings([], {})).toMatchObject({
      pairs: 5,
      seconds: 4,
      warmUpSeconds: 20,
      only: null,
      timeoutMs: 2_400_000,
      dataDir: ".hotspot",
      peersDir: null,
      soakMs: null,
    });
  });

  it("has a short form, whose figures can still be chosen", () => {
    expect(readSettings(["--short"], {})).toMatchObject({
      pairs: 1,
      seconds: 1,
      warmUpSeconds: 1,
      short: true,
    });
    expect(readSettings(["--short", "--pairs", "2"], {})).toMatchObject({ pairs: 2, seconds: 1 });
  });

  it("reads names of parts and durations", () => {
    const settings = readSettings(["--only", "throughput, latency", "--soak", "2m", "--timeout", "90s"], {
      HOTSPOT_BENCH_PEERS: "/opt/peers",
    });
    expect(settings).toMatchObject({
      only: ["throughput", "latency"],
      soakMs: 120_000,
      timeoutMs: 90_000,
      peersDir: "/opt/peers",
    });
    expect(readSettings(["usage"], {})).toMatchObject({ usage: true });
  });

  it.each([
    ["--pairs", "0"],
    ["--pairs", "two"],
    ["--seconds", "1.5"],
    ["--soak", "30"],
    ["--timeout", "0m"],
    ["--write", "--short"],
    ["speed"],
  ])("refuses %s %s", (...argv) => {
    expect(() => readSettings(argv, {})).toThrow(argv[0]);
  });
});
