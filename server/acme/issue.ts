import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { noteCertificate } from "../domains/index.ts";
import { notifyChange } from "../events.ts";
import { type AcmeAccount, openAccount } from "./account.ts";
import type { CertificateDeps } from "./deps.ts";
import { type Issued, orderCertificate } from "./order.ts";
import { isRateLimit, renewalTime, retryTime } from "./retry.ts";
import { dnsSolver, httpSolver } from "./solvers.ts";

/** One that is ordered is nobody else's for so long: longer than an order can take, and a process that died lets go. */
const LEASE_MINUTES = 15;
/** Orders beside each other; each is of another name. */
const PARALLEL = 3;
/** After "too many" of the CA nothing is ordered for so long at most, whoever it was for. */
const PAUSE_MS = 10 * 60_000;

interface Wanted {
  id: string;
  name: string;
  names: string[];
  challenge: "http-01" | "dns-01";
  failures: number;
}

/**
 * Orders every certificate whose time has come: new ones, renewals, further tries. One order at a time for each name, over all
 * portals. A failure is written down with the time of the next try; it is no error of this function.
 *
 * @returns how many were issued, and how many orders failed
 */
export async function issueDueCertificates(
  deps: CertificateDeps,
): Promise<{ issued: number; failed: number }> {
  const done = { issued: 0, failed: 0 };
  const { now = () => new Date() } = deps;
  await forgetUnused(deps.db);
  if ((await findDue(deps.db, now())) === null) return done;
  const account = await openAccount(deps);
  if (account.pausedUntil !== null && account.pausedUntil > now()) return done;
  let limited = false;
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (;;) {
        const wanted = limited ? null : await lease(deps.db, now());
        if (wanted === null) return;
        try {
          await settle(deps, wanted, await order(deps, account, wanted), now());
          done.issued++;
        } catch (error) {
          done.failed++;
          limited ||= isRateLimit(error);
          await fail(deps, account, wanted, error, now());
        }
      }
    }),
  );
  return done;
}

/** Due: its time has come, nobody is at it, and its host is held; the base domain's own always is. */
function due(db: Db, now: Date) {
  return db
    .selectFrom("certificates")
    .select("id")
    .where("next_try_at", "<=", now)
    .where((eb) => eb.or([eb("leased_until", "is", null), eb("leased_until", "<", now)]))
    .where((eb) =>
      eb.or([
        eb("challenge", "=", "dns-01"),
        eb.exists(
          eb
            .selectFrom("custom_domains")
            .select("custom_domains.id")
            .whereRef("custom_domains.host", "=", "certificates.name")
            .where("held_since", "is not", null),
        ),
      ]),
    )
    .orderBy("next_try_at")
    .limit(1);
}

async function findDue(db: Db, now: Date): Promise<string | null> {
  return (await due(db, now).executeTakeFirst())?.id ?? null;
}

async function lease(db: Db, now: Date): Promise<Wanted | null> {
  const row = await db
    .updateTable("certificates")
    .set({ leased_until: sql<Date>`${now}::timestamptz + make_interval(mins => ${LEASE_MINUTES})` })
    .where("id", "=", due(db, now).forUpdate().skipLocked())
    .returning(["id", "name", "names", "challenge", "failures"])
    .executeTakeFirst();
  return row ?? null;
}

function order(deps: CertificateDeps, { client }: AcmeAccount, wanted: Wanted): Promise<Issued> {
  const { challenge: kind, names } = wanted;
  if (kind === "http-01") return orderCertificate(client, names, { kind, solver: httpSolver(deps) });
  if (deps.dns === null) throw new Error("no zone is configured that the proof could be written to");
  return orderCertificate(client, names, { kind, solver: dnsSolver(deps.dns) });
}

async function settle(
  { db, sealer, log }: CertificateDeps,
  { id, name }: Wanted,
  { certPem, keyPem, notBefore, notAfter }: Issued,
  now: Date,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable("certificates")
      .set({
        cert_pem: certPem,
        sealed_key: sealer.seal(`certificate:${name}`, keyPem),
        not_before: notBefore,
        not_after: notAfter,
        issued_at: now,
        failures: 0,
        error: null,
        next_try_at: renewalTime(notBefore, notAfter),
        leased_until: null,
      })
      .where("id", "=", id)
      .execute();
    await noteCertificate(tx, name, { issued: true });
    await notifyChange(tx, { type: "certificate" });
  });
  log.info({ name, notAfter }, "certificate issued");
}

async function fail(
  { db, log }: CertificateDeps,
  account: AcmeAccount,
  { id, name, failures: before }: Wanted,
  error: unknown,
  now: Date,
): Promise<void> {
  const failures = before + 1;
  const nextTryAt = retryTime(error, failures, now);
  const message = (error instanceof Error ? error.message : String(error)).slice(0, 500);
  log.warn({ err: error, name, failures, nextTryAt }, "certificate not issued");
  await db.transaction().execute(async (tx) => {
    const { not_after } = await tx
      .updateTable("certificates")
      .set({ failures, error: message, next_try_at: nextTryAt, leased_until: null })
      .where("id", "=", id)
      .returning("not_after")
      .executeTakeFirstOrThrow();
    if (not_after === null || not_after <= now)
      await noteCertificate(tx, name, { issued: false, error: message });
    if (!isRateLimit(error)) return;
    const pausedUntil = new Date(Math.min(nextTryAt.getTime(), now.getTime() + PAUSE_MS));
    await tx
      .updateTable("acme_accounts")
      .set({ paused_until: pausedUntil })
      .where("id", "=", account.id)
      .execute();
  });
}

/** Of hosts that no tenant claims any more. */
async function forgetUnused(db: Db): Promise<void> {
  await db
    .deleteFrom("certificates")
    .where("challenge", "=", "http-01")
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("custom_domains")
            .select("custom_domains.id")
            .whereRef("custom_domains.host", "=", "certificates.name")
            .where("removed_at", "is", null),
        ),
      ),
    )
    .execute();
}
