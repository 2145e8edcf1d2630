import { errors, jwtVerify, SignJWT } from "jose";
import * as z from "zod";

const ISSUER = "hotspot";
const AUDIENCE = "hotspot-relay";

/** What a connector token says of itself. `connectorId` is its `jti`. */
export interface ConnectorClaims {
  readonly connectorId: string;
  readonly tenantId: string;
  readonly endpointId: string;
  readonly slug: string;
  /** The device's own name; null when a user or an API key asked for the token. */
  readonly deviceId: string | null;
  readonly expiresAt: Date;
}

/** Why a token is refused before any row is looked at. */
export type TokenFault = "malformed" | "signature" | "expired" | "audience";

const payloadSchema = z.object({
  jti: z.string().min(1),
  exp: z.number().int(),
  tenant_id: z.string().min(1),
  endpoint_id: z.string().min(1),
  slug: z.string().min(1),
  device_id: z.string().nullable(),
});

/** Signs a connector token: a JWT, HS256. */
export async function signConnectorToken(claims: ConnectorClaims, signingSecret: string): Promise<string> {
  return new SignJWT({
    tenant_id: claims.tenantId,
    endpoint_id: claims.endpointId,
    slug: claims.slug,
    device_id: claims.deviceId,
  })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setJti(claims.connectorId)
    .setIssuedAt()
    .setExpirationTime(claims.expiresAt)
    .sign(keyOf(signingSecret));
}

/** Reads a token that we signed, or says why not. Only HS256 is taken: `alg: none` counts as a bad signature. @param now ms since the epoch */
export async function readConnectorToken(
  token: string,
  signingSecret: string,
  now: number = Date.now(),
): Promise<{ ok: true; claims: ConnectorClaims } | { ok: false; fault: TokenFault }> {
  try {
    const { payload } = await jwtVerify(token, keyOf(signingSecret), {
      algorithms: ["HS256"],
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ["exp", "jti"],
      currentDate: new Date(now),
    });
    const parsed = payloadSchema.safeParse(payload);
    if (!parsed.success) return { ok: false, fault: "malformed" };
    const { jti, exp, tenant_id, endpoint_id, slug, device_id } = parsed.data;
    return {
      ok: true,
      claims: {
        connectorId: jti,
        tenantId: tenant_id,
        endpointId: endpoint_id,
        slug,
        deviceId: device_id,
        expiresAt: new Date(exp * 1000),
      },
    };
  } catch (error) {
    return { ok: false, fault: faultOf(error) };
  }
}

function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return "expired";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature";
  if (error instanceof errors.JOSEAlgNotAllowed) return "signature";
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === "aud" || error.claim === "iss" ? "audience" : "malformed";
  }
  if (error instanceof errors.JOSEError) return "malformed";
  throw error;
}

const keyOf = (secret: string) => new TextEncoder().encode(secret);
