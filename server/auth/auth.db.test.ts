import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createTestDb } from "../../db/testing/index.ts";
import { createAuthActions } from "./actions.ts";
import { accountLimits } from "./limits.ts";
import { startAuth } from "./testing.ts";

const { db } = await createTestDb({ max: 8 });
const local = startAuth(db, "http://localhost:3000");
const password = "correct horse battery";
let addresses = 0;
/** A client address of one's own, so that tests do not use up each other's limits. */
const newAddress = () => `198.51.${Math.floor(++addresses / 250)}.${(addresses % 250) + 1}`;
const newEmail = () => `ada-${randomBytes(6).toString("hex")}@example.com`;

/** One browser: keeps cookies. */
function browser(clientAddress = newAddress(), on = local) {
  const jar = new Map<string, string>();
  const actions = () =>
    createAuthActions({
      handler: on.handler,
      portalUrl: on.portalUrl,
      clientAddress,
      request: new Request(on.portalUrl, { headers: cookies() }),
    });
  const cookies = (): Record<string, string> =>
    jar.size > 0 ? { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") } : {};
  const keep = (headers: Headers) => {
    for (const line of headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      if (/max-age=0/i.test(line)) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
  };
  return {
    jar,
    keep,
    cookies,
    get actions() {
      return actions();
    },
    session: async () => (await on.resolve(new Headers(cookies()))).session,
  };
}

async function verifiedUser(email = newEmail()) {
  const visitor = browser();
  expect(await visitor.actions.signUp({ name: "Ada Lovelace", email, password })).toMatchObject({ ok: true });
  const result = await visitor.actions.verifyEmail({ token: await local.tokenMailedTo(email) });
  if (result.ok) visitor.keep(result.headers);
  return { email, visitor };
}

describe("sign-up", () => {
  it("mails a link that verifies the address, makes the tenant with its license, and signs in", async () => {
    const { email, visitor } = await verifiedUser();
    const session = await visitor.session();
    expect(session).toMatchObject({
      user: { email, name: "Ada Lovelace", emailVerified: true },
      tenant: { role: "owner", permissions: ["*"] },
    });
    expect(session!.expiresAt.getTime() - Date.now()).toBeGreaterThan(29 * 60_000);
    expect(session!.expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(30 * 60_000);
    const tenantId = session!.tenant.id;
    const settings = await db
      .selectFrom("tenant_settings")
      .select("plan")
      .where("tenant_id", "=", tenantId)
      .execute();
    expect(settings).toEqual([{ plan: "free" }]);
    const licenses = await db
      .selectFrom("licenses")
      .select("status")
      .where("tenant_id", "=", tenantId)
      .execute();
    expect(licenses).toEqual([{ status: "active" }]);
  });

  it("makes one tenant when the link is followed many times at once", async () => {
    const email = newEmail();
    await browser().actions.signUp({ name: "Ada", email, password });
    const token = await local.tokenMailedTo(email);
    const results = await Promise.all(
      Array.from({ length: 6 }, () => browser().actions.verifyEmail({ token })),
    );
    expect(results.map((result) => result.ok)).toEqual(Array(6).fill(true));
    const tenants = await db
      .selectFrom("member")
      .innerJoin("user", "user.id", "member.userId")
      .select("organizationId")
      .where("user.email", "=", email)
      .execute();
    expect(tenants).toHaveLength(1);
  });

  it("answers the same, in the same time, for an address that has an account, which gets a notice", async () => {
    const { email } = await verifiedUser();
    const ask = async (address: string) => {
      const startedAt = performance.now();
      const response = await local.post(
        "/sign-up/email",
        { name: "Eve", email: address, password },
        newAddress(),
      );
      const body = (await response.json()) as { user: Record<string, unknown> };
      return {
        ms: performance.now() - startedAt,
        status: response.status,
        shape: shapeOf(body),
        headers: shapeOf(Object.fromEntries(response.headers)),
      };
    };
    const unknown = await ask(newEmail());
    const known = await ask(email.toUpperCase());
    expect({ ...known, ms: 0 }).toEqual({ ...unknown, ms: 0 });
    // Neither leaves before the step that both take; upper bounds would test the machine.
    expect(Math.min(known.ms, unknown.ms)).toBeGreaterThan(390);
    await local.idle();
    expect(local.mails.filter((mail) => mail.to === email).map((mail) => mail.kind)).toEqual([
      "verify_email",
      "already_registered",
    ]);
  });

  it.each([
    [{ name: "", email: "a@example.com", password }, "invalid_name", "name"],
    [{ name: "Win at https://evil.example", email: "a@example.com", password }, "invalid_name", "name"],
    [{ name: "Ada", email: "not an address", password }, "invalid_email", "email"],
    [{ name: "Ada", email: "a@example.com", password: "short" }, "password_too_short", "password"],
    [{ name: "Ada", email: "a@example.com", password: "x".repeat(129) }, "password_too_long", "password"],
  ])("refuses %j as %s", async (input, code, field) => {
    expect(await browser().actions.signUp(input)).toMatchObject({ ok: false, code, field });
  });
});

describe("sign-in", () => {
  it("is refused until the address is verified, and mails the link again", async () => {
    const email = newEmail();
    const visitor = browser();
    await visitor.actions.signUp({ name: "Ada", email, password });
    expect(await visitor.actions.signIn({ email, password })).toMatchObject({
      ok: false,
      code: "email_not_verified",
    });
    await local.idle();
    expect(local.mails.filter((mail) => mail.to === email).map((mail) => mail.kind)).toEqual([
      "verify_email",
      "verify_email",
    ]);
    expect(await visitor.session()).toBeNull();
  });

  it("says the same for a wrong password, an unknown address, and a wrong password of an unverified one", async () => {
    const { email } = await verifiedUser();
    const unverified = newEmail();
    await browser().actions.signUp({ name: "Ada", email: unverified, password });
    const answers = await Promise.all(
      [email, newEmail(), unverified].map((address) =>
        browser().actions.signIn({ email: address, password: "wrong horse battery" }),
      ),
    );
    expect(answers[0]).toMatchObject({ ok: false, code: "invalid_credentials" });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  it("starts a new session each time; signing out ends it on the server", async () => {
    const { email } = await verifiedUser();
    const visitor = browser();
    const first = await visitor.actions.signIn({ email, password });
    if (first.ok) visitor.keep(first.headers);
    const before = visitor.jar.get("hotspot.session_token");
    expect(await visitor.session()).toMatchObject({ user: { email } });
    const again = await visitor.actions.signIn({ email, password });
    if (again.ok) visitor.keep(again.headers);
    expect(visitor.jar.get("hotspot.session_token")).not.toBe(before);
    const stolen = visitor.cookies();
    const out = await visitor.actions.signOut();
    if (out.ok) visitor.keep(out.headers);
    expect(await visitor.session()).toBeNull();
    expect((await local.resolve(new Headers(stolen))).session).toBeNull();
  });

  it("ends after 30 minutes without a request, and slides with use", async () => {
    const { email, visitor } = await verifiedUser();
    const age = (minutes: number) =>
      db
        .updateTable("session")
        .set({ expiresAt: new Date(Date.now() + (30 - minutes) * 60_000) })
        .where("userId", "=", (eb) => eb.selectFrom("user").select("id").where("email", "=", email))
        .execute();
    await age(20);
    const slid = await local.resolve(new Headers(visitor.cookies()));
    expect(slid.session!.expiresAt.getTime() - Date.now()).toBeGreaterThan(29 * 60_000);
    expect(slid.setCookies.join()).toMatch(/hotspot\.session_token=.*Max-Age=1800/i);
    await age(31);
    const ended = await local.resolve(new Headers(visitor.cookies()));
    expect(ended.session).toBeNull();
    expect(ended.setCookies.join()).toMatch(/Max-Age=0/i);
  });
});

describe("password reset", () => {
  it("works once, ends all sessions and tells the owner", async () => {
    const { email, visitor } = await verifiedUser();
    expect(await browser().actions.requestPasswordReset({ email })).toMatchObject({ ok: true });
    const token = await local.tokenMailedTo(email, "reset_password");
    const stored = await db.selectFrom("verification").select("identifier").execute();
    expect(JSON.stringify(stored)).not.toContain(token);

    const change = { token, password: "another good password" };
    expect(await browser().actions.resetPassword(change)).toMatchObject({ ok: true });
    expect(await browser().actions.resetPassword(change)).toMatchObject({ ok: false, code: "invalid_token" });
    expect(await visitor.session()).toBeNull();
    expect(await browser().actions.signIn({ email, password })).toMatchObject({
      code: "invalid_credentials",
    });
    expect(await browser().actions.signIn({ email, password: change.password })).toMatchObject({ ok: true });
    await local.idle();
    expect(local.mails.filter((mail) => mail.to === email).at(-1)?.kind).toBe("password_changed");
  });

  it("is redeemed by one of many at once", async () => {
    const { email } = await verifiedUser();
    await browser().actions.requestPasswordReset({ email });
    const token = await local.tokenMailedTo(email, "reset_password");
    const results = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        browser().actions.resetPassword({ token, password: `a good password ${index}` }),
      ),
    );
    expect(results.filter((result) => result.ok)).toHaveLength(1);
  });

  it("answers the same, in the same time, for an unknown address, and mails nobody", async () => {
    const { email } = await verifiedUser();
    const stranger = newEmail();
    const ask = async (address: string) => {
      const startedAt = performance.now();
      const response = await local.post("/request-password-reset", { email: address }, newAddress());
      return { ms: performance.now() - startedAt, status: response.status, text: await response.text() };
    };
    const known = await ask(email);
    const unknown = await ask(stranger);
    expect({ ...known, ms: 0 }).toEqual({ ...unknown, ms: 0 });
    // Neither leaves before the step that both take; upper bounds would test the machine.
    expect(Math.min(known.ms, unknown.ms)).toBeGreaterThan(390);
    await local.idle();
    expect(local.mails.some((mail) => mail.to === stranger)).toBe(false);
  });
});

describe("limits", () => {
  it("count by the address that our ingress saw, whatever X-Forwarded-For says", async () => {
    const clientAddress = newAddress();
    const ask = async (turn: number) => {
      const lie = `203.0.113.${turn}`;
      const headers = { "x-forwarded-for": lie, "x-hotspot-client-address": lie, forwarded: `for=${lie}` };
      const body = { email: newEmail(), password: "wrong horse battery" };
      return (await local.post("/sign-in/email", body, clientAddress, headers)).status;
    };
    // At once, so that a limit which looks first and counts later would be seen.
    const statuses = await Promise.all(Array.from({ length: 25 }, (_, turn) => ask(turn)));
    expect(statuses.filter((status) => status === 401)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
    const other = await local.post("/sign-in/email", { email: newEmail(), password }, newAddress());
    expect(other.status).toBe(401);
  });

  it("count a whole IPv6 /64 as one client", async () => {
    const ask = async (turn: number) => {
      const body = { email: newEmail(), password: "wrong horse battery" };
      return (await local.post("/sign-in/email", body, `2001:db8:7:7::${turn.toString(16)}`)).status;
    };
    const statuses = await Promise.all(Array.from({ length: 22 }, (_, turn) => ask(turn)));
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
  });

  it("count per account too, spelled in any way, but do not lock out a browser that signed in before", async () => {
    const { email } = await verifiedUser();
    const owner = browser();
    const signedIn = await owner.actions.signIn({ email, password });
    if (signedIn.ok) owner.keep(signedIn.headers);
    // As if strangers at many addresses had used up all but two.
    await db
      .updateTable("rateLimit")
      .set({ count: accountLimits.signInFromAnywhere.max - 2 })
      .where("key", "=", `sign-in:any:${email}`)
      .execute();
    const guesses = [];
    for (const spelling of [email, email.toUpperCase(), email.replace("@", "+x@"), email]) {
      const body = { email: spelling, password: "wrong horse battery" };
      guesses.push((await local.post("/sign-in/email", body, newAddress())).status);
    }
    expect(guesses).toEqual([401, 401, 429, 429]);
    expect(await owner.actions.signIn({ email, password })).toMatchObject({ ok: true });
    expect(await browser().actions.signIn({ email, password })).toMatchObject({
      ok: false,
      code: "rate_limited",
    });
  }, 60_000);

  it("say when to come back", async () => {
    const clientAddress = newAddress();
    const email = newEmail();
    const { max, windowSeconds } = accountLimits.signInFromAddress;
    const visitor = browser(clientAddress);
    for (let turn = 0; turn < max; turn++) await visitor.actions.signIn({ email, password });
    const refused = await visitor.actions.signIn({ email, password });
    expect(refused).toMatchObject({ ok: false, code: "rate_limited" });
    if (!refused.ok) {
      expect(refused.retryAfterSeconds).toBeGreaterThan(windowSeconds - 60);
      expect(refused.retryAfterSeconds).toBeLessThanOrEqual(windowSeconds);
    }
  });
});

describe("device login", () => {
  it("gives a program a bearer token that is its user, once, after a signed-in person approved", async () => {
    const { email, visitor } = await verifiedUser();
    const codes = await local.post("/device/code", { client_id: "hotspot-cli" }, newAddress());
    const { device_code, user_code, verification_uri_complete } = (await codes.json()) as Record<
      string,
      string
    >;
    expect(verification_uri_complete).toBe(`http://localhost:3000/device?user_code=${user_code}`);
    const poll = async () => {
      await db
        .updateTable("deviceCode")
        .set({ lastPolledAt: null })
        .where("deviceCode", "=", device_code!)
        .execute();
      const grant_type = "urn:ietf:params:oauth:grant-type:device_code";
      const response = await local.post(
        "/device/token",
        { grant_type, device_code, client_id: "hotspot-cli" },
        newAddress(),
      );
      return { status: response.status, body: (await response.json()) as Record<string, string> };
    };
    expect(await poll()).toMatchObject({ status: 400, body: { error: "authorization_pending" } });
    expect(await browser().actions.approveDevice({ userCode: user_code! })).toMatchObject({
      code: "unauthorized",
    });
    expect(await visitor.actions.findDevice({ userCode: "WRONGCDE" })).toMatchObject({
      code: "invalid_device_code",
    });
    expect(await visitor.actions.findDevice({ userCode: user_code! })).toMatchObject({
      ok: true,
      device: { status: "pending", clientId: "hotspot-cli" },
    });
    expect(await visitor.actions.approveDevice({ userCode: user_code! })).toMatchObject({ ok: true });
    expect(await visitor.actions.approveDevice({ userCode: user_code! })).toMatchObject({
      code: "device_code_used",
    });

    const { status, body } = await poll();
    expect([status, body.token_type]).toEqual([200, "Bearer"]);
    const bearer = new Headers({ authorization: `Bearer ${body.access_token}` });
    expect((await local.resolve(bearer)).session).toMatchObject({ user: { email } });
    expect(await poll()).toMatchObject({ status: 400, body: { error: "invalid_grant" } });

    const { token } = await db
      .selectFrom("session")
      .select("token")
      .orderBy("createdAt", "desc")
      .executeTakeFirstOrThrow();
    const leaked = new Headers({ authorization: `Bearer ${token}` });
    expect((await local.resolve(leaked)).session).toBeNull();
  });

  it("refuses unknown programs, and approval by another user than the one who looked", async () => {
    expect((await local.post("/device/code", { client_id: "other" }, newAddress())).status).toBe(400);
    const codes = await local.post("/device/code", { client_id: "hotspot-cli" }, newAddress());
    const { user_code: userCode = "" } = (await codes.json()) as Record<string, string>;
    const one = await verifiedUser();
    const other = await verifiedUser();
    await one.visitor.actions.findDevice({ userCode });
    expect(await other.visitor.actions.findDevice({ userCode })).toMatchObject({
      code: "invalid_device_code",
    });
    expect(await other.visitor.actions.approveDevice({ userCode })).toMatchObject({ ok: false });
    expect(await one.visitor.actions.denyDevice({ userCode })).toMatchObject({ ok: true });
  });
});

describe("cookies", () => {
  it("have the __Host- prefix over https, so that no other host can set them", async () => {
    const secure = startAuth(db, "https://hotspot.example");
    const { email } = await verifiedUser();
    const result = await browser(newAddress(), secure).actions.signIn({ email, password });
    const cookies = result.ok ? result.headers.getSetCookie() : [];
    expect(cookies.length).toBeGreaterThanOrEqual(2);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__Host-hotspot\.(?:session_token|known_browser)=/);
      expect(cookie).toMatch(/; Secure/);
      expect(cookie).toMatch(/; HttpOnly/);
      expect(cookie).toMatch(/; Path=\//);
      expect(cookie).toMatch(/; SameSite=Lax/i);
      expect(cookie).not.toMatch(/Domain=/i);
    }
  });
});

describe("bad input", () => {
  const post = (body: string, type = "application/json") =>
    local.handler(
      new Request("http://localhost:3000/api/auth/sign-in/email", {
        method: "POST",
        headers: { "content-type": type, origin: local.portalUrl },
        body,
      }),
      newAddress(),
    );

  it.each([
    ["not JSON", "{", 400],
    ["a list", "[]", 400],
    ["a number", "7", 400],
    ["null", "null", 400],
    ["wrong types", '{"email":7,"password":true}', 400],
    ["an object for a text", '{"email":{"$ne":1},"password":"x"}', 400],
    ["NUL", '{"email":"a\\u0000@example.com","password":"x"}', 400],
    ["an unpaired surrogate", '{"email":"\\ud800@example.com","password":"x"}', 400],
    ["__proto__", '{"__proto__":{"a":1},"email":"a@example.com","password":"x"}', 400],
    ["deep nesting", `{"email":${"[".repeat(5_000)}${"]".repeat(5_000)}}`, 400],
    ["a large body", `{"email":"${"a".repeat(20_000)}"}`, 413],
    ["nothing", "", 400],
  ])("%s is refused, never an error of ours", async (_name, body, status) => {
    expect((await post(body)).status).toBe(status);
  });

  it("other types and paths are refused", async () => {
    expect((await post("<a/>", "text/xml")).status).toBe(415);
    for (const path of [
      "/organization/create",
      "/update-user",
      "/list-sessions",
      "/delete-user",
      "/nothing",
      "",
    ]) {
      expect((await local.post(path, {}, newAddress())).status, path).toBe(404);
    }
    const get = new Request("http://localhost:3000/api/auth/device?user_code=%00");
    expect((await local.handler(get, newAddress())).status).toBe(400);
  });
});

function shapeOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}
