import { decodeJwt } from "jose";
import type { ConnectorClaims, ConnectorVerdict } from "../../server/connectors/index.ts";
import type { Route } from "../../server/endpoints/index.ts";
import { hashSecret } from "../../server/secrets.ts";
import type { Log } from "../log.ts";
import type { TokenMemory } from "../routes/token-memory.ts";
import type { TunnelRegistry } from "../routes/tunnel-registry.ts";
import { type Attempts, addressName } from "./attempts.ts";
import { type LinkRequest, type Refusal, readLinkRequest } from "./handshake.ts";
import { meanings, tooManyAttempts, tooManyConnectors, unavailable } from "./refusals.ts";

export interface AdmissionDeps {
  verify(token: string): Promise<ConnectorVerdict>;
  lookupRoute(slug: string): Route | null | Promise<Route | null>;
  registry: TunnelRegistry;
  memory: TokenMemory;
  attempts: Attempts;
  /** Milliseconds since the epoch. */
  wallClock(): number;
  /** Waits before a wrong token is answered. */
  delay(ms: number): Promise<void>;
  log: Log;
}

export type Admission =
  | { ok: true; key: string; tokenHash: string; claims: ConnectorClaims }
  | { ok: false; refusal: Refusal };

/** Decides whether a connector may open a link now. Answers to wrong tokens come slower and slower. */
export async function admitConnector(request: LinkRequest, deps: AdmissionDeps): Promise<Admission> {
  const read = readLinkRequest(request);
  if (!read.ok) return read;
  const { key, token } = read;
  const tokenHash = hashSecret(token);
  const names = [addressName(request.clientAddress), `endpoint ${claimed(token).endpointId}`];
  const waitMs = Math.max(...names.map((name) => deps.attempts.delayMs(name)));

  let verdict: ConnectorVerdict;
  try {
    verdict = await deps.verify(token);
    if (verdict.valid) deps.memory.remember(tokenHash, verdict.claims);
  } catch (error) {
    const claims = deps.memory.recall(tokenHash, deps.wallClock());
    deps.log.warn({ err: error, known: claims !== null }, "connector token not checked");
    if (claims === null) return { ok: false, refusal: unavailable };
    verdict = { valid: true, claims };
  }

  if (!verdict.valid) {
    const { refusal, suspicious } = meanings[verdict.reason];
    if (suspicious) {
      if (waitMs > 0) await deps.delay(waitMs);
      const blockedMs = Math.max(...names.map((name) => deps.attempts.fail(name)));
      if (blockedMs > 0) return { ok: false, refusal: tooManyAttempts(blockedMs) };
    }
    return { ok: false, refusal };
  }

  const { claims } = verdict;
  const { registry } = deps;
  const route = await deps.lookupRoute(claims.slug);
  const limit = route?.limits.maxConnectors ?? 1;
  const known = registry.linkCount(claims.endpointId, claims.connectorId) > 0;
  if (!known && registry.connectorCount(claims.endpointId) >= limit) {
    return { ok: false, refusal: tooManyConnectors(limit) };
  }
  return { ok: true, key, tokenHash, claims };
}

/** What a token says of itself, not yet believed: good enough to count attempts against a name. */
function claimed(token: string): { endpointId: string; slug: string } {
  try {
    const { endpoint_id, slug } = decodeJwt(token);
    return { endpointId: shorten(endpoint_id), slug: shorten(slug) };
  } catch {
    // Not a token at all; verification says so to the client.
    return { endpointId: "", slug: "" };
  }
}

function shorten(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 64) : "";
}
