import { expect, test } from "vitest";
import { pickTunnel } from "./pick-tunnel.ts";
import { FakeTunnel } from "./testing/fake-tunnel.ts";

function three() {
  const tunnels = [new FakeTunnel("con_1"), new FakeTunnel("con_2"), new FakeTunnel("con_3")] as const;
  return { tunnels, a: tunnels[0], b: tunnels[1], c: tunnels[2] };
}

test("the tunnel with the fewest streams is picked; ties go round evenly", () => {
  const { tunnels, a, b, c } = three();
  a.outstanding = 2;
  const picked = new Map<unknown, number>();
  for (let i = 0; i < 30; i++) {
    const tunnel = pickTunnel(tunnels, null);
    picked.set(tunnel, (picked.get(tunnel) ?? 0) + 1);
  }
  expect([picked.get(a), picked.get(b), picked.get(c)]).toEqual([undefined, 15, 15]);
});

test("an unhealthy one is picked only when no other is healthy, however busy the others are", () => {
  const { tunnels, a, b, c } = three();
  a.healthy = false;
  b.outstanding = 50;
  c.outstanding = 51;
  expect(pickTunnel(tunnels, null)).toBe(b);
  expect(pickTunnel(tunnels, b)).toBe(c);
  for (const tunnel of [b, c]) tunnel.healthy = false;
  expect(pickTunnel(tunnels, null)).toBe(a);
});

test("one that takes no streams is never picked; the one to avoid is, when it is the only one", () => {
  const { tunnels, a, b, c } = three();
  for (const tunnel of [a, b]) tunnel.accepting = false;
  expect(pickTunnel(tunnels, c)).toBe(c);
  c.accepting = false;
  expect(pickTunnel(tunnels, null)).toBeNull();
});
