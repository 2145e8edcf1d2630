import { expect, test } from "vitest";
import { bannerOf, SILENT } from "./banner.ts";

const hub = {
  mode: "managed",
  state: "on",
  step: null,
  failure: null,
  next_try_at: null,
  health: null,
  health_reason: null,
  health_checks: [],
} as const;
const failing = (name: string) => [
  { name: "bucket", ok: true, message: null },
  { name, ok: false, message: "it fails" },
];

test.each([
  [{ ...hub, state: "off" }, "off", null],
  [{ ...hub, state: "provisioning", step: "dns" }, "working", null],
  [
    { ...hub, state: "provisioning", step: "dns", failure: "Cloudflare does not answer" },
    "error",
    "Cloudflare does not answer",
  ],
  [{ ...hub, state: "disabling", step: "tunnel" }, "working", null],
  [hub, "working", "It has not reported yet"],
  [{ ...hub, health: "ready" }, "ready", null],
  [{ ...hub, health: "ready", failure: "a limit is reached" }, "degraded", "a limit is reached"],
  [
    { ...hub, health: "degraded", health_reason: "it fails", health_checks: failing("tunnel") },
    "degraded",
    "it fails",
  ],
  [
    { ...hub, mode: "self_hosted", state: "off", health: "error", health_reason: "it fails" },
    "error",
    "it fails",
  ],
] as const)("%j", (standing, tone, reason) => {
  expect(bannerOf(standing as Parameters<typeof bannerOf>[0])).toMatchObject({ tone, reason });
});

test("what to do follows from the first check that fails, or from the silence", () => {
  const ill = { ...hub, health: "degraded", health_reason: "it fails" } as const;
  expect(bannerOf({ ...ill, health_checks: failing("cloudflared") }).nextAction).toContain(
    "Install cloudflared",
  );
  expect(bannerOf({ ...ill, health_checks: failing("something new") }).nextAction).toContain("log");
  const silent = { ...hub, health: "error", health_reason: `${SILENT} for 3 minutes` } as const;
  expect(bannerOf({ ...silent, health_checks: failing("tunnel") }).nextAction).toContain("hotspot hub run");
});
