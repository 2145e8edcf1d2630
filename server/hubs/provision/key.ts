import { setTimeout as delay } from "node:timers/promises";
import { sql } from "kysely";
import { s3KeyOf } from "../../cloudflare/index.ts";
import { type HubKeyRow, recordHubEvent } from "../internal.ts";
import { openSecret, secretPlace } from "../secrets.ts";
import { HubFailure } from "./failure.ts";
import type { StepContext } from "./step-context.ts";

/** Between two looks whether Cloudflare knows a new key, ms. */
const POLL_MS = 250;
/** A key that is refused so often in a row was lost; another one is made. */
const TRIES_OF_A_KEY = 3;

/**
 * Makes the wanted key, waits until it opens the bucket, and only then lets it take the place of the one before, which goes on working
 * until the hub has changed over.
 */
export async function makeKey(context: StepContext): Promise<void> {
  const { db, hub, vault, keys, cloudflare } = context;
  let key = keys.find(({ state }) => state === "wanted")!;
  if (key.access_key_id !== null && hub.failures >= TRIES_OF_A_KEY) {
    await cloudflare.tokens.remove(key.access_key_id);
    key = await store(context, key, { access_key_id: null, sealed_secret: null });
  }
  if (key.access_key_id === null) key = await createToken(context, key);
  const secretAccessKey = await openSecret.key(db, vault, key, key.sealed_secret!);
  await waitUntilItWorks(context, { accessKeyId: key.access_key_id!, secretAccessKey });
  await db.transaction().execute(async (tx) => {
    const revokeAfter = sql<Date>`now() + make_interval(hours => ${context.settings.retiringHours})`;
    await tx
      .updateTable("hub_keys")
      // One that was to go before still goes at its time.
      .set({ state: "retiring", revoke_after: sql<Date>`least(revoke_after, ${revokeAfter})` })
      .where("hub_pk", "=", hub.id)
      .where("state", "=", "current")
      .execute();
    await tx.updateTable("hub_keys").set({ state: "current" }).where("id", "=", key.id).execute();
    await recordHubEvent(tx, hub, { kind: "key", name: "made", outcome: "done" });
  });
}

async function createToken(context: StepContext, key: HubKeyRow): Promise<HubKeyRow> {
  const { cloudflare, bucket, vault, db } = context;
  // Names of tokens are not unique, and a value is told once: what a try before may have made is of no use.
  if (key.attempted_at !== null) await removeTokens(context, key);
  await store(context, key, { attempted_at: sql<Date>`now()` });
  const { accessKeyId, secretAccessKey } = s3KeyOf(await cloudflare.tokens.create(key.token_name, bucket!));
  return store(context, key, {
    access_key_id: accessKeyId,
    sealed_secret: await vault.seal(db, secretPlace.key(key), secretAccessKey),
  });
}

/** Those of the key's name. */
async function removeTokens({ cloudflare }: StepContext, key: HubKeyRow): Promise<void> {
  for (const { id, name } of await cloudflare.tokens.list(key.token_name)) {
    if (name === key.token_name) await cloudflare.tokens.remove(id);
  }
}

function store(
  { db }: StepContext,
  key: HubKeyRow,
  change: {
    access_key_id?: string | null;
    sealed_secret?: string | null;
    attempted_at?: ReturnType<typeof sql<Date>>;
  },
): Promise<HubKeyRow> {
  return db
    .updateTable("hub_keys")
    .set(change)
    .where("id", "=", key.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** A new key is refused until all of Cloudflare knows it. */
async function waitUntilItWorks(
  { cloudflare, bucket, settings }: StepContext,
  key: { accessKeyId: string; secretAccessKey: string },
): Promise<void> {
  const deadline = Date.now() + settings.propagationMs;
  const objects = cloudflare.openStore(bucket!, key);
  try {
    for (;;) {
      let seen: string;
      try {
        seen = await objects.probe(bucket!.name);
      } catch (cause) {
        throw new HubFailure("r2_silent", "R2 does not answer", { cause });
      }
      if (seen === "ok") return;
      if (Date.now() >= deadline) {
        throw new HubFailure("key_not_ready", "Cloudflare does not know the new key of the bucket yet");
      }
      await delay(POLL_MS);
    }
  } finally {
    objects.close();
  }
}

/** Takes the tokens of these keys away. */
async function revoke(context: StepContext, keys: readonly HubKeyRow[]): Promise<void> {
  const { db, hub, cloudflare } = context;
  for (const key of keys) {
    if (key.access_key_id !== null) await cloudflare.tokens.remove(key.access_key_id);
    else if (key.attempted_at !== null) await removeTokens(context, key);
    await db
      .updateTable("hub_keys")
      .set({ state: "revoked", revoked_at: sql<Date>`now()`, sealed_secret: null })
      .where("id", "=", key.id)
      .execute();
    await recordHubEvent(db, hub, { kind: "key", name: "revoked", outcome: "done" });
  }
}

export const revokeAllKeys = (context: StepContext) => revoke(context, context.keys);

export const revokeOldKeys = (context: StepContext) =>
  revoke(
    context,
    context.keys.filter(({ state, revoke_after }) => state === "retiring" && revoke_after! <= context.now),
  );
