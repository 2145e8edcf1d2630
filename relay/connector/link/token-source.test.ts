import { expect, test } from "vitest";
import type { IssuedToken } from "../portal/client.ts";
import { renewAt, TokenSource } from "./token-source.ts";

const HOUR = 3_600_000;

function sourceOf(lifeMs: number) {
  const state = { now: 1_000_000, issued: 0, down: false };
  const issue = async (): Promise<IssuedToken> => {
    if (state.down) throw new Error("portal away");
    state.issued++;
    return {
      connectorId: "con_1",
      connectorToken: `token-${state.issued}`,
      relayUrl: "ws://relay",
      expiresAt: new Date(state.now + lifeMs),
    };
  };
  return { state, source: new TokenSource(issue, () => state.now) };
}

test("a token is renewed an hour before its end, sooner when it lives less than ten hours", () => {
  expect(renewAt(0, 168 * HOUR)).toBe(167 * HOUR);
  expect(renewAt(0, HOUR)).toBe(0.9 * HOUR);
});

test("callers at the same time share one question", async () => {
  const { source, state } = sourceOf(HOUR);
  const [first, second] = await Promise.all([source.get(), source.get()]);
  expect(first).toBe(second);
  expect(await source.get()).toBe(first);
  expect(state.issued).toBe(1);
});

test("an old token is good enough while the portal is away, until it expires", async () => {
  const { source, state } = sourceOf(HOUR);
  const token = await source.get();
  state.now = token.renewAt + 1;
  state.down = true;
  expect(await source.get()).toBe(token);
  state.now = token.expiresAt.getTime();
  await expect(source.get()).rejects.toThrow("portal away");
});

test("a rejected token is not used again; a late rejection of an older one changes nothing", async () => {
  const { source } = sourceOf(HOUR);
  const first = await source.get();
  source.reject(first);
  const second = await source.get();
  expect(second.connectorToken).toBe("token-2");
  source.reject(first);
  expect(await source.get()).toBe(second);
});
