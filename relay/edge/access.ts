import { createHash, timingSafeEqual } from "node:crypto";
import { FieldKind, type RequestHead } from "../protocol/http1/index.ts";
import { latin1 } from "./bytes.ts";
import type { AccessKeyResult, AccessKeys, EdgeRoute } from "./deps.ts";

/** What the access check says: an access key id to count for, or null; `refused` is a 401. */
export type Access = { readonly accessKeyId: string | null } | "refused";

export interface AccessCheck {
  /**
   * Decides at once for a secret seen lately on the same route, else after a look-up.
   * @param secret of `presentedSecret`
   */
  check(route: EdgeRoute, secret: string | null): Access | Promise<Access>;
}

interface Kept {
  readonly route: EdgeRoute;
  readonly version: number;
  readonly expiresAt: number;
  readonly access: Access;
}

const MAX_KEPT = 10_000;
/** A key may run out by its own date without any event, so nothing is kept longer. */
const KEPT_MS = 10_000;
const anonymous: Access = { accessKeyId: null };
const SECRET = /^hs_(key|ep)_[A-Za-z0-9]{8,200}$/;

export function createAccessCheck(accessKeys: AccessKeys, now: () => number): AccessCheck {
  const kept = new Map<string, Kept>();

  function keep(route: EdgeRoute, secret: string, version: number, access: Access): Access {
    kept.delete(secret);
    if (kept.size >= MAX_KEPT) {
      for (const oldest of kept.keys()) {
        kept.delete(oldest);
        break;
      }
    }
    kept.set(secret, { route, version, expiresAt: now() + KEPT_MS, access });
    return access;
  }

  return {
    check(route, secret) {
      if (secret === null) return route.requireAccessKey ? "refused" : anonymous;
      const known = kept.get(secret);
      const { version } = accessKeys;
      if (known?.route === route && known.version === version && now() < known.expiresAt) return known.access;
      if (secret.startsWith("hs_ep_")) {
        return keep(route, secret, version, isEndpointToken(route, secret) ? anonymous : "refused");
      }
      const result = accessKeys.check(route, secret);
      const decide = (answer: AccessKeyResult): Access => {
        const access = answer.ok
          ? { accessKeyId: answer.accessKeyId }
          : route.requireAccessKey
            ? "refused"
            : anonymous;
        return keep(route, secret, version, access);
      };
      return result instanceof Promise ? result.then(decide) : decide(result);
    },
  };
}

/** The first of our own secrets in `Authorization: Bearer` or `X-Api-Key`; null when there is none. */
export function presentedSecret(head: RequestHead): string | null {
  const { fields, bytes } = head;
  for (let i = 0; i < fields.count; i++) {
    const kind = fields.kind(i);
    if (kind !== FieldKind.authorization && kind !== FieldKind.apiKey) continue;
    const value = latin1(bytes, fields.valueStart(i), fields.valueEnd(i));
    const secret =
      kind === FieldKind.apiKey ? value : /^bearer +/i.test(value) ? value.slice(7).trimStart() : "";
    if (SECRET.test(secret)) return secret;
  }
  return null;
}

function isEndpointToken(route: EdgeRoute, secret: string): boolean {
  const presented = createHash("sha256").update(secret).digest();
  const expected = Buffer.from(route.endpointTokenHash, "hex");
  return expected.length === presented.length && timingSafeEqual(expected, presented);
}
