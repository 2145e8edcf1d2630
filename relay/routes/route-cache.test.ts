import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Route } from "../../server/endpoints/index.ts";
import { RouteCache } from "./route-cache.ts";
import { makeRoute } from "./testing/route.ts";

const acme = makeRoute();

function cacheOver(
  answers: Map<string, Route | null | Error>,
  hosts = new Map<string, string | null | Error>(),
) {
  const asked: string[] = [];
  const stale: string[] = [];
  const clock = { now: 0 };
  const cache = new RouteCache({
    async find(slug) {
      asked.push(slug);
      const answer = answers.get(slug) ?? null;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    async findHost(host) {
      asked.push(host);
      const answer = hosts.get(host) ?? null;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    now: () => clock.now,
    onStale: (slug) => stale.push(slug),
  });
  return { cache, asked, stale, clock };
}

describe("the route cache", () => {
  it("answers at once when it knows, and asks once for many requests at a time", async () => {
    const { cache, asked } = cacheOver(new Map([["acme", acme]]));
    const first = await Promise.all([cache.lookup("acme"), cache.lookup("acme"), cache.lookup("acme")]);
    expect(first).toEqual([acme, acme, acme]);
    expect(cache.lookup("acme")).toBe(first[0]);
    expect(asked).toEqual(["acme"]);
  });

  it("remembers for a short time that a slug leads nowhere", async () => {
    const { cache, asked, clock } = cacheOver(new Map());
    expect(await cache.lookup("none")).toBeNull();
    expect(cache.lookup("none")).toBeNull();
    clock.now = 6_000;
    expect(await cache.lookup("none")).toBeNull();
    expect(asked.length).toBe(2);
  });

  it.each([
    ["its slug", (cache: RouteCache) => cache.invalidateSlug("acme")],
    ["its tenant", (cache: RouteCache) => cache.invalidateTenant(acme.tenantId)],
    ["a resync", (cache: RouteCache) => cache.invalidateAll()],
  ])(
    "asks again after a notice about %s, and hands out a new object only when it changed",
    async (_n, notify) => {
      const answers = new Map<string, Route | null>([["acme", acme]]);
      const { cache } = cacheOver(answers);
      const before = await cache.lookup("acme");
      notify(cache);
      answers.set("acme", { ...acme });
      expect(await cache.lookup("acme")).toBe(before);
      answers.set("acme", { ...acme, state: "suspended" });
      notify(cache);
      expect(await cache.lookup("acme")).toMatchObject({ state: "suspended" });
    },
  );

  it("does not take an answer from before a notice for fresh", async () => {
    const waiting: ((route: Route) => void)[] = [];
    const cache = new RouteCache({
      find: () => new Promise((done) => waiting.push(done)),
      findHost: async () => null,
      now: () => 0,
      onStale: () => expect.unreachable(),
    });
    const answer = cache.lookup("acme");
    cache.invalidateSlug("acme");
    waiting.shift()!(acme);
    await vi.waitFor(() => expect(waiting.length).toBe(1));
    waiting.shift()!({ ...acme, state: "suspended" });
    expect(await answer).toMatchObject({ state: "suspended" });
  });
});

describe("while Postgres is away", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("serves what it knew, refuses what it never knew, and recovers", async () => {
    const answers = new Map<string, Route | null | Error>([["acme", acme]]);
    const { cache, asked, stale, clock } = cacheOver(answers);
    await cache.lookup("acme");
    answers.set("acme", new Error("down")).set("new", new Error("down"));
    cache.invalidateAll();
    expect(await cache.lookup("acme")).toEqual(acme);
    expect(cache.lookup("acme")).toEqual(acme);
    expect(stale).toEqual(["acme"]);
    expect(asked.length).toBe(2);
    await expect(cache.lookup("new")).rejects.toThrow("down");
    answers.set("acme", { ...acme, requireAccessKey: true });
    clock.now = 1_001;
    expect(await cache.lookup("acme")).toMatchObject({ requireAccessKey: true });
  });

  it("does not make a known slug wait for a hanging query", async () => {
    let hang = false;
    const cache = new RouteCache({
      find: () => (hang ? new Promise(() => undefined) : Promise.resolve(acme)),
      findHost: async () => null,
      now: () => 0,
      onStale: () => undefined,
    });
    await cache.lookup("acme");
    hang = true;
    cache.invalidateAll();
    const answer = cache.lookup("acme");
    await vi.advanceTimersByTimeAsync(500);
    expect(await answer).toEqual(acme);
    expect(cache.lookup("acme")).toEqual(acme);
  });

  it("gives the route of a custom domain as the same object as that of its slug", async () => {
    const { cache, asked } = cacheOver(new Map([["acme", acme]]), new Map([["api.acme.com", "acme"]]));
    const route = await cache.lookupHost("api.acme.com");
    expect(route).toBe(acme);
    expect(cache.lookup("acme")).toBe(route);
    expect(cache.lookupHost("api.acme.com")).toBe(route);
    expect(await cache.lookupHost("other.com")).toBeNull();
    expect(cache.lookupHost("other.com")).toBeNull();
    expect(asked).toEqual(["api.acme.com", "acme", "other.com"]);
  });

  it("stops serving a custom domain at the notice, and keeps serving it while Postgres is away", async () => {
    const hosts = new Map<string, string | null | Error>([["api.acme.com", "acme"]]);
    const { cache, stale } = cacheOver(new Map([["acme", acme]]), hosts);
    await cache.lookupHost("api.acme.com");
    hosts.set("api.acme.com", new Error("away"));
    cache.invalidateAll();
    expect(await cache.lookupHost("api.acme.com")).toBe(acme);
    expect(stale).toEqual(["api.acme.com"]);
    hosts.set("api.acme.com", null);
    cache.invalidateHost("api.acme.com");
    expect(await cache.lookupHost("api.acme.com")).toBeNull();
  });

  it("leaves Postgres alone when strange host names come in floods", async () => {
    const { cache, asked } = cacheOver(new Map());
    const found = Array.from({ length: 100 }, (_, i) => cache.lookupHost(`h${i}.com`));
    const settled = await Promise.allSettled(found);
    expect(asked).toHaveLength(32);
    expect(settled.filter(({ status }) => status === "rejected")).toHaveLength(68);
    expect(await cache.lookupHost("h99.com")).toBeNull();
  });
});
