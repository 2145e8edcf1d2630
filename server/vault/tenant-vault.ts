import { randomBytes } from "node:crypto";
import type { Db } from "../../db/client.ts";
import { createSealer, SealError } from "../sealing.ts";
import type { KeyService } from "./key-service.ts";
import { createTenantKeys } from "./tenant-keys.ts";

/** What a sealed text is and whose; it opens for the same only. */
export interface SealedPlace {
  readonly tenantId: string;
  /** Such as `hub_tunnel_token:<id>`. */
  readonly purpose: string;
}

/**
 * Seals secrets of tenants in an envelope: the master key wraps the tenant's key, that wraps a key of the record's own,
 * and that seals the text. So a master key is changed by wrapping a few tenant keys anew, one tenant's secrets can be
 * shredded by forgetting one row, and no key ever seals many texts.
 */
export interface TenantVault {
  seal(db: Db, place: SealedPlace, text: string): Promise<string>;
  /** @throws SealError when it was sealed for another tenant or purpose, was changed, or its key was shredded */
  open(db: Db, place: SealedPlace, sealed: string): Promise<string>;
}

const VERSION = "e1";

/** What is sealed reads `e1.<tenant key id>.<wrapped record key>.<sealed text>`, the last two as {@link createSealer} writes them. */
export function createTenantVault(keys: KeyService): TenantVault {
  const tenantKeys = createTenantKeys(keys);
  return {
    async seal(db, { tenantId, purpose }, text) {
      const tenantKey = await tenantKeys.current(db, tenantId);
      const recordKey = randomBytes(32);
      const context = `${tenantId}:${purpose}`;
      const wrapped = bodyOf(
        createSealer([{ id: "t", key: tenantKey.key }]).seal(context, recordKey.toString("base64")),
      );
      const body = bodyOf(createSealer([{ id: "r", key: recordKey }]).seal(context, text));
      return `${VERSION}.${tenantKey.id}.${wrapped}.${body}`;
    },
    async open(db, { tenantId, purpose }, sealed) {
      const [version, keyId = "", wrapped = "", body = "", ...rest] = sealed.split(".");
      if (version !== VERSION || rest.length > 0) throw new SealError("not sealed by the vault");
      const tenantKey = await tenantKeys.find(db, tenantId, keyId);
      if (!tenantKey) throw new SealError("its tenant key is another tenant's, or was shredded");
      const context = `${tenantId}:${purpose}`;
      const recordKey = createSealer([{ id: "t", key: tenantKey.key }]).open(context, `v1.t.${wrapped}`);
      return createSealer([{ id: "r", key: Buffer.from(recordKey, "base64") }]).open(context, `v1.r.${body}`);
    },
  };
}

/** The tenant key that a text was sealed under; null when the vault did not seal it. */
export function tenantKeyIdOf(sealed: string): string | null {
  return /^e1\.([^.]+)\./.exec(sealed)?.[1] ?? null;
}

/** Without version and key id, which the envelope says itself. */
function bodyOf(sealed: string): string {
  return sealed.slice(sealed.lastIndexOf(".") + 1);
}
