import { createSealer, type SealingKey } from "../sealing.ts";

/** A data key as it may be stored. */
export interface WrappedKey {
  /** The master key that wrapped it. */
  readonly masterKeyId: string;
  readonly wrapped: string;
}

/**
 * Keeps the master keys and lets nobody see them: the shape of a KMS, so that one can take the place of the local keys.
 * `context` is authenticated with the key, so that a wrapped key cannot be moved to another row.
 */
export interface KeyService {
  /** The master key that wraps now. */
  currentKeyId(): Promise<string>;
  wrap(key: Buffer, context: string): Promise<WrappedKey>;
  /** @throws SealError when it was wrapped for another context, or by a master key that is gone */
  unwrap(wrapped: string, context: string): Promise<Buffer>;
}

/** Master keys of SEALING_KEYS: the first wraps, all unwrap. @param keys at least one */
export function createLocalKeyService(keys: readonly SealingKey[]): KeyService {
  const sealer = createSealer(keys);
  const masterKeyId = keys[0]!.id;
  return {
    currentKeyId: async () => masterKeyId,
    async wrap(key, context) {
      return { masterKeyId, wrapped: sealer.seal(`key:${context}`, key.toString("base64")) };
    },
    async unwrap(wrapped, context) {
      return Buffer.from(sealer.open(`key:${context}`, wrapped), "base64");
    },
  };
}
