import { describe, expect, it } from "vitest";
import { createSecret, hashSecret } from "../../server/secrets.ts";
import { AccessKeyCache } from "./access-key-cache.ts";
import { makeRoute } from "./testing/route.ts";

const secret = createSecret("hs_key_");

function cacheOver() {
  const keys = new Map<string, { accessKeyId: string; expiresAt: Date | null }>();
  const state = { now: 1_000, queries: 0, down: false, stale: 0 };
  const cache = new AccessKeyCache({
    async find({ tenantId, endpointId, secretHash }) {
      state.queries++;
      if (state.down) throw new Error("down");
      return keys.get(`${tenantId} ${endpointId} ${secretHash}`) ?? null;
    },
    now: () => state.now,
    onStale: () => state.stale++,
  });
  const grant = (expiresAt: Date | null = null) =>
    keys.set(`ten_1 ep_1 ${hashSecret(secret)}`, { accessKeyId: "key_1", expiresAt });
  return { cache, keys, state, grant };
}

describe("the access key cache", () => {
  it("asks once for a key and answers at once afterwards; not for another endpoint", async () => {
    const { cache, state, grant } = cacheOver();
    grant();
    expect(await cache.check(makeRoute(), secret)).toEqual({ ok: true, accessKeyId: "key_1" });
    expect(cache.check(makeRoute(), secret)).toEqual({ ok: true, accessKeyId: "key_1" });
    expect(state.queries).toBe(1);
    expect(await cache.check(makeRoute({ endpointId: "ep_2" }), secret)).toEqual({ ok: false });
  });

  it("knows the endpoint token without a query", () => {
    const { cache, state } = cacheOver();
    const token = createSecret("hs_ep_");
    const route = makeRoute({ endpointTokenHash: hashSecret(token) });
    expect(cache.check(route, token)).toEqual({ ok: true, accessKeyId: null });
    expect(cache.check(route, createSecret("hs_ep_"))).toEqual({ ok: false });
    expect(state.queries).toBe(0);
  });

  it("refuses a revoked key after the notice, and the version grows", async () => {
    const { cache, keys, grant } = cacheOver();
    grant();
    await cache.check(makeRoute(), secret);
    const before = cache.version;
    keys.clear();
    cache.invalidateTenant("ten_1");
    expect(cache.version).toBeGreaterThan(before);
    expect(await cache.check(makeRoute(), secret)).toEqual({ ok: false });
  });

  it("refuses a key from the moment it expires, and the version grows", async () => {
    const { cache, state, grant } = cacheOver();
    grant(new Date(5_000));
    await cache.check(makeRoute(), secret);
    const before = cache.version;
    state.now = 5_000;
    expect(cache.check(makeRoute(), secret)).toEqual({ ok: false });
    cache.tick();
    expect(cache.version).toBeGreaterThan(before);
  });

  it("lets known keys work while Postgres is away, and fails for unknown ones", async () => {
    const { cache, state, grant } = cacheOver();
    grant();
    await cache.check(makeRoute(), secret);
    state.down = true;
    cache.invalidateAll();
    expect(await cache.check(makeRoute(), secret)).toEqual({ ok: true, accessKeyId: "key_1" });
    expect(state.stale).toBe(1);
    await expect(cache.check(makeRoute(), createSecret("hs_key_"))).rejects.toThrow("down");
  });
});
