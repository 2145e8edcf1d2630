import { SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, test } from "vitest";
import { readConnectorToken, signConnectorToken } from "./token.ts";

const secret = "signing-secret-for-tests-0123456789abcdef";
const key = new TextEncoder().encode(secret);
const claims = {
  connectorId: "con_1",
  tenantId: "ten_1",
  endpointId: "ep_1",
  slug: "acme",
  deviceId: "laptop",
  expiresAt: new Date((Math.floor(Date.now() / 1000) + 3600) * 1000),
};
const payload = { tenant_id: "ten_1", endpoint_id: "ep_1", slug: "acme", device_id: "laptop" };
const wellMade = (alg = "HS256") =>
  new SignJWT(payload)
    .setProtectedHeader({ alg })
    .setIssuer("hotspot")
    .setAudience("hotspot-relay")
    .setJti("con_1")
    .setIssuedAt()
    .setExpirationTime("1h");
const faultOf = async (token: string) => {
  const read = await readConnectorToken(token, secret);
  return read.ok ? null : read.fault;
};

test("a token gives back what was signed", async () => {
  const token = await signConnectorToken(claims, secret);
  expect(await readConnectorToken(token, secret)).toEqual({ ok: true, claims });
  expect(await faultOf(await wellMade().sign(key))).toBeNull();
});

describe("a token is refused", () => {
  test("when it expired, also by one second", async () => {
    const past = Math.floor(Date.now() / 1000) - 1;
    expect(await faultOf(await wellMade().setExpirationTime(past).sign(key))).toBe("expired");
  });

  test("when it never expires", async () => {
    const token = await new SignJWT(payload)
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer("hotspot")
      .setAudience("hotspot-relay")
      .setJti("con_1")
      .sign(key);
    expect(await faultOf(token)).toBe("malformed");
  });

  test("when another key signed it", async () => {
    expect(
      await faultOf(await wellMade().sign(new TextEncoder().encode("another-secret-0123456789abcdef01"))),
    ).toBe("signature");
  });

  test("when its payload or signature was changed", async () => {
    const [header, body, signature] = (await signConnectorToken(claims, secret)).split(".") as [
      string,
      string,
      string,
    ];
    const other = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(body, "base64url").toString()), slug: "evil" }),
    );
    expect(await faultOf(`${header}.${other.toString("base64url")}.${signature}`)).toBe("signature");
    expect(await faultOf(`${header}.${body}.${signature.slice(0, -2)}AA`)).toBe("signature");
  });

  test("when it is not signed at all", async () => {
    const unsigned = new UnsecuredJWT(payload)
      .setIssuer("hotspot")
      .setAudience("hotspot-relay")
      .setJti("con_1")
      .setExpirationTime("1h")
      .encode();
    expect(["signature", "malformed"]).toContain(await faultOf(unsigned));
    const header = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    const [, body, signature] = (await signConnectorToken(claims, secret)).split(".");
    expect(await faultOf(`${header}.${body}.`)).toBe("signature");
    expect(await faultOf(`${header}.${body}.${signature}`)).toBe("signature");
  });

  test("when it uses another algorithm", async () => {
    const token = await wellMade("HS512").sign(new Uint8Array(64).fill(7));
    expect(await faultOf(token)).toBe("signature");
  });

  test("when it is for another audience or from another issuer", async () => {
    expect(await faultOf(await wellMade().setAudience("hotspot-portal").sign(key))).toBe("audience");
    expect(await faultOf(await wellMade().setIssuer("somebody").sign(key))).toBe("audience");
  });

  test.each(["", "x", "a.b.c", "..", "{}", "é.ü.ö", `${"A".repeat(3000)}.A.A`])(
    "when it is no token: %s",
    async (text) => {
      expect(await faultOf(text)).toBe("malformed");
    },
  );

  test("when it lacks a claim of ours", async () => {
    const token = await new SignJWT({ slug: "acme" })
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer("hotspot")
      .setAudience("hotspot-relay")
      .setJti("con_1")
      .setExpirationTime("1h")
      .sign(key);
    expect(await faultOf(token)).toBe("malformed");
  });
});
