import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from "node:crypto";

/** A signed request (RFC 8555 section 6.2), read but not yet believed. */
export interface SignedRequest {
  readonly header: {
    readonly alg: string;
    readonly nonce: string;
    readonly url: string;
    readonly kid?: string;
    readonly jwk?: JsonWebKey;
  };
  /** null: POST-as-GET. */
  readonly payload: Record<string, unknown> | null;
  /** True when this key signed it. */
  isSignedBy(key: KeyObject): boolean;
}

/** @throws when it is no flattened JWS */
export function readJws(body: string): SignedRequest {
  const jws = JSON.parse(body) as { protected: string; payload: string; signature: string };
  const header = JSON.parse(Buffer.from(jws.protected, "base64url").toString()) as SignedRequest["header"];
  const payload =
    jws.payload === ""
      ? null
      : (JSON.parse(Buffer.from(jws.payload, "base64url").toString()) as Record<string, unknown>);
  return {
    header,
    payload,
    isSignedBy: (key) =>
      header.alg === "ES256" &&
      verify(
        "sha256",
        Buffer.from(`${jws.protected}.${jws.payload}`),
        { key, dsaEncoding: "ieee-p1363" },
        Buffer.from(jws.signature, "base64url"),
      ),
  };
}

export function keyOf(jwk: JsonWebKey): KeyObject {
  return createPublicKey({ key: jwk, format: "jwk" });
}

/** RFC 7638: the name of a key that a key authorization ends with. */
export function thumbprint({ crv, kty, x, y }: JsonWebKey): string {
  return createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
}
