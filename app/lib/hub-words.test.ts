import { describe, expect, test } from "vitest";
import {
  eventTitle,
  hubBadge,
  keptWords,
  keyBadge,
  priceWords,
  reasonWords,
  splitCommand,
} from "./hub-words.ts";

const banner = (tone: "off" | "working" | "ready" | "degraded" | "error") => ({
  tone,
  title: "",
  reason: null,
  nextAction: null,
});

test("a badge says what the work is about, not only that there is some", () => {
  const mode = "managed" as const;
  expect(hubBadge({ banner: banner("working"), state: "provisioning", mode }).words).toBe("Setting up");
  expect(hubBadge({ banner: banner("working"), state: "disabling", mode }).words).toBe("Switching off");
  expect(hubBadge({ banner: banner("working"), state: "on", mode }).words).toBe("Waiting for it");
  expect(hubBadge({ banner: banner("degraded"), state: "on", mode })).toEqual({
    tone: "warn",
    words: "Degraded",
  });
});

test("a new key waits until the hub has confirmed it", () => {
  expect(keyBadge({ state: "current", confirmedAt: null }).words).toBe("waits for the hub");
  expect(keyBadge({ state: "current", confirmedAt: "2026-11-21T10:00:00.000Z" }).tone).toBe("ok");
  expect(keyBadge({ state: "retiring", confirmedAt: "2026-11-20T10:00:00.000Z" }).tone).toBe("warn");
});

test("a price says what is included and what comes after it", () => {
  expect(priceWords({ included: 10, unit: "GB-month", cents: 1.8, per: 1 })).toEqual({
    included: "10 GB-months",
    beyond: "$0.018 per GB-month",
  });
  expect(priceWords({ included: 1_000_000, unit: "operation", cents: 500, per: 1_000_000 })).toEqual({
    included: "1 million operations",
    beyond: "$5 per million operations",
  });
  expect(priceWords({ included: 1, unit: "GB-month", cents: null, per: 1 })).toEqual({
    included: "1 GB-month",
    beyond: "no more than that",
  });
});

test("a command at the end of an advice is told apart, so that it can be copied", () => {
  expect(splitCommand("Start the hub on its machine: hotspot hub run")).toEqual({
    words: "Start the hub on its machine:",
    command: "hotspot hub run",
  });
  const plain = "Start it on its machine: hotspot hub enable, or hotspot hub run";
  expect(splitCommand(plain)).toEqual({ words: plain, command: null });
});

test("a reason is a sentence, and a program keeps its small letter", () => {
  expect(reasonWords("cloudflared has no connection")).toBe("cloudflared has no connection.");
  expect(reasonWords("acme-1.example.com is not found")).toBe("acme-1.example.com is not found.");
  expect(reasonWords("nothing heard")).toBe("Nothing heard.");
});

describe("what is kept of a hub that is off", () => {
  const bucket = { name: "hotspot-x", deleteAfter: "2026-12-21T10:00:00.000Z", sharedWith: [] };

  test("is said with its last day", () => {
    expect(keptWords({ state: "off", bucket: { ...bucket, state: "retained" } })).toMatch(
      /until 21\u00a0Dec\u00a02026/,
    );
  });

  test("is in the bucket of the other hubs while they use it", () => {
    const shared = { ...bucket, state: "ready" as const, deleteAfter: null, sharedWith: ["attic"] };
    expect(keptWords({ state: "off", bucket: shared })).toMatch(/your other hubs/);
  });

  test("is nothing to speak of while the hub is on", () => {
    expect(keptWords({ state: "on", bucket: { ...bucket, state: "ready" } })).toBeNull();
  });
});

test("history names steps as the progress does, and others by their own name", () => {
  expect(eventTitle({ kind: "step", name: "dns", outcome: "failed" })).toBe("Host name: failed");
  expect(eventTitle({ kind: "health", name: "degraded", outcome: "done" })).toBe("Degraded");
});
