import { setTimeout as delay } from "node:timers/promises";
import type { Authorization } from "acme-client";
import { sql } from "kysely";
import { notifyChange } from "../events.ts";
import type { CertificateDeps, DnsWriter } from "./deps.ts";

/** What the CA asked of one name. */
export interface Asked {
  readonly authorization: Authorization;
  readonly token: string;
  readonly keyAuthorization: string;
}

/** A way to show a CA that a name is ours. */
export interface Solver {
  set(asked: Asked): Promise<void>;
  /** Resolves when the CA may look. */
  ready(asked: readonly Asked[]): Promise<void>;
  clear(asked: Asked): Promise<void>;
}

/** A challenge that was left behind goes by itself. */
const CHALLENGE_HOURS = 1;
const SETTLE_MS = 1_500;

/** HTTP-01: the relays answer from the table (RFC 8555 section 8.3). */
export function httpSolver({ db, acme }: CertificateDeps): Solver {
  return {
    async set({ authorization, token, keyAuthorization }) {
      const host = authorization.identifier.value;
      await db.transaction().execute(async (tx) => {
        await tx.deleteFrom("acme_challenges").where("expires_at", "<", sql<Date>`now()`).execute();
        await tx
          .insertInto("acme_challenges")
          .values({
            host,
            token,
            key_authorization: keyAuthorization,
            kind: "http-01",
            expires_at: sql<Date>`now() + make_interval(hours => ${CHALLENGE_HOURS})`,
          })
          .onConflict((conflict) =>
            conflict.columns(["host", "token"]).doUpdateSet({ key_authorization: keyAuthorization }),
          )
          .execute();
        await notifyChange(tx, { type: "certificate" });
      });
    },
    ready: () => delay(acme.settleMs ?? SETTLE_MS),
    async clear({ authorization, token }) {
      await db
        .deleteFrom("acme_challenges")
        .where("host", "=", authorization.identifier.value)
        .where("token", "=", token)
        .execute();
    },
  };
}

/** DNS-01: a TXT record; the name and its wildcard have one each, of the same name (RFC 8555 section 8.4). */
export function dnsSolver(dns: DnsWriter): Solver {
  const nameOf = ({ authorization }: Asked) => `_acme-challenge.${authorization.identifier.value}`;
  return {
    set: (asked) => dns.add(nameOf(asked), asked.keyAuthorization),
    async ready(all) {
      for (const asked of all) await dns.waitFor(nameOf(asked), asked.keyAuthorization);
    },
    clear: (asked) => dns.remove(nameOf(asked), asked.keyAuthorization),
  };
}
