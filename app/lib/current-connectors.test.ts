import { expect, test } from "vitest";
import type { Connector } from "./api-types.ts";
import { currentConnectors } from "./current-connectors.ts";

const connector = (
  connectorId: string,
  deviceId: string | null,
  part: Partial<Connector> = {},
): Connector => ({
  connectorId,
  deviceId,
  deviceName: null,
  address: null,
  version: null,
  since: "2026-11-20T10:00:00.000Z",
  latencyMs: null,
  status: "offline",
  ...part,
});
const shown = (...connectors: Connector[]) =>
  currentConnectors(connectors).map(({ connectorId }) => connectorId);

test("a device that is online hides its earlier starts", () => {
  expect(shown(connector("old", "a"), connector("new", "a", { status: "online" }))).toEqual(["new"]);
});

test("two connectors of one device that are both online are both shown", () => {
  const online = { status: "online" } as const;
  expect(shown(connector("one", "a", online), connector("two", "a", online))).toEqual(["one", "two"]);
});

test("a device that is offline shows its last start", () => {
  const later = { since: "2026-11-20T11:00:00.000Z" };
  expect(
    shown(connector("first", "a"), connector("last", "a", later), connector("never", "a", { since: null })),
  ).toEqual(["last"]);
});

test("connectors without a device stand for themselves, after those that are online", () => {
  expect(
    shown(connector("x", null), connector("y", null), connector("z", "a", { status: "online" })),
  ).toEqual(["z", "x", "y"]);
});
