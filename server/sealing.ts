import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** One key of the master set. */
export interface SealingKey {
  /** Stands in what it sealed, so that the set may grow. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/** Seals secrets of third parties and private keys before they are stored. */
export interface Sealer {
  /** @param purpose what the text is, e.g. `certificate:api.customer.com`; it opens under the same only */
  seal(purpose: string, text: string): string;
  /** @throws SealError when it was sealed for something else, under a key that is not there, or was changed */
  open(purpose: string, sealed: string): string;
  /** It was sealed under the key that seals now. */
  isCurrent(sealed: string): boolean;
}

/** A sealed text cannot be opened. */
export class SealError extends Error {
  override name = "SealError";
}

const VERSION = "v1";
/** NIST SP 800-38D section 8.2.2: random IVs of 96 bits hold for 2^32 messages of one key. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM under the first key; all of them open. What is sealed reads `v1.<key id>.<base64url of IV, text, tag>`; version,
 * key id and purpose are authenticated with it, so that a sealed text cannot be moved to another row.
 *
 * @param keys at least one
 */
export function createSealer(keys: readonly SealingKey[]): Sealer {
  const [first] = keys;
  if (!first) throw new SealError("no key to seal with");
  const byId = new Map(keys.map(({ id, key }) => [id, key]));
  return {
    isCurrent: (sealed) => sealed.startsWith(`${VERSION}.${first.id}.`),
    seal(purpose, text) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", first.key, iv);
      cipher.setAAD(contextOf(first.id, purpose));
      const body = Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return `${VERSION}.${first.id}.${body.toString("base64url")}`;
    },
    open(purpose, sealed) {
      const [version, id = "", body = "", ...rest] = sealed.split(".");
      if (version !== VERSION || rest.length > 0) throw new SealError("not sealed by us");
      const key = byId.get(id);
      if (!key) throw new SealError(`sealed under the key ${id}, which SEALING_KEYS does not hold`);
      const bytes = Buffer.from(body, "base64url");
      if (bytes.length < IV_BYTES + TAG_BYTES) throw new SealError("not sealed by us");
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(contextOf(id, purpose));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        return (
          decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8")
        );
      } catch (cause) {
        throw new SealError("sealed for another purpose, or changed since", { cause });
      }
    },
  };
}

function contextOf(id: string, purpose: string): Buffer {
  return Buffer.from(`${VERSION}\n${id}\n${purpose}`);
}

/**
 * Reads `id:base64,id:base64`: keys of 32 bytes; ids of letters, digits, hyphens and underscores, each once.
 * @returns null when it is anything else
 */
export function parseSealingKeys(text: string): SealingKey[] | null {
  const keys: SealingKey[] = [];
  for (const part of text.split(",")) {
    const [, id, encoded] = /^\s*([\w-]{1,32}):([A-Za-z0-9+/_-]{43}=?)\s*$/.exec(part) ?? [];
    if (id === undefined || encoded === undefined || keys.some((key) => key.id === id)) return null;
    keys.push({ id, key: Buffer.from(encoded, "base64") });
  }
  return keys;
}
