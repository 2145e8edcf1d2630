import { randomInt } from "node:crypto";
import { sql } from "kysely";
import type { Tx } from "../../db/client.ts";
import { findSlugFault, normalizeSlug, type SlugRules, variantsOf } from "../endpoints/index.ts";
import { DomainError } from "../errors.ts";
import { newId } from "../ids.ts";
import type { HubHostnameRow, HubRow } from "./internal.ts";

/** A name that another account gave back is kept from everybody else so long: links to it still lead somewhere. */
const COOLDOWN_DAYS = 30;
/** Callers that race for one name: each loses to a different one at most. */
const TRIES = 50;
const SUGGESTIONS = 3;

const adjectives =
  `amber bold brave bright brisk calm clear cool crisp deep fair fine fresh glad green keen kind light lively mellow neat
  noble open plain proud quick quiet rapid ready round sharp silver smart snug soft solid steady still sunny swift tidy warm wide wise`
    .trim()
    .split(/\s+/);
const nouns =
  `alder anchor aspen badger beacon birch brook canyon cedar cliff cloud comet coral crane delta dune falcon fern fjord
  forest garden harbor hazel heron island juniper lagoon lantern maple meadow mesa otter pebble pine prairie reef river robin sparrow spruce
  summit tern thicket tundra valley willow`
    .trim()
    .split(/\s+/);

/** Two words that make a name when none was wished for. */
export function generateName(): string {
  return `${adjectives[randomInt(adjectives.length)]}-${nouns[randomInt(nouns.length)]}`;
}

/** The smallest number from 1 on that is not taken. */
export function smallestFree(taken: Iterable<number>): number {
  const set = new Set(taken);
  let n = 1;
  while (set.has(n)) n++;
  return n;
}

/**
 * Takes a name for a hub: `<name>-<n>.<domain>` with the smallest free n, where the name obeys the rules of endpoints' names.
 * The index of held names decides races.
 *
 * @param wish.name null: one is made up
 * @param wish.field input that a refusal names
 * @throws DomainError invalid/hostname_<fault> or conflict/hostname_reserved with `suggestions`
 */
export async function claimHostname(
  tx: Tx,
  hub: Pick<HubRow, "id" | "tenant_id">,
  wish: {
    name: string | null;
    field: string;
    domain: string;
    zoneId: string;
    isMain: boolean;
    serviceUrl: string | null;
    rules: SlugRules;
  },
): Promise<HubHostnameRow> {
  const base = wish.name === null ? null : normalizeSlug(wish.name);
  if (base !== null) requireFineName(base, wish);
  const again = wish.isMain ? await findEarlierHost(tx, hub, base, wish.domain) : null;
  if (again !== null) {
    const row = await hold(tx, hub, again, wish);
    if (row) return row;
  }
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const name = base ?? generateName();
    if (base === null && findSlugFault(name, wish.rules)) continue;
    const n = smallestFree(await takenNumbers(tx, hub.tenant_id, name, wish.domain));
    const row = await hold(tx, hub, `${name}-${n}.${wish.domain}`, wish);
    if (row) return row;
  }
  throw new DomainError("conflict", "hostname_taken", "no host name of that kind is free: wish for another", {
    field: wish.field,
  });
}

function requireFineName(
  name: string,
  { field, rules, domain }: { field: string; rules: SlugRules; domain: string },
) {
  const fault = findSlugFault(name, rules);
  if (!fault) return;
  const suggestions = variantsOf(name)
    .filter((variant) => findSlugFault(variant, rules) === null)
    .slice(0, SUGGESTIONS)
    .map((variant) => `${variant}-1.${domain}`);
  const isHeld = fault.fault === "reserved" || fault.fault === "brand" || fault.fault === "lookalike";
  throw new DomainError(isHeld ? "conflict" : "invalid", `hostname_${fault.fault}`, fault.message, {
    field,
    ...(suggestions.length > 0 && { suggestions }),
  });
}

/** The name that the hub had before it was switched off, when it is as wished. */
async function findEarlierHost(
  tx: Tx,
  hub: Pick<HubRow, "id" | "tenant_id">,
  base: string | null,
  domain: string,
): Promise<string | null> {
  const row = await tx
    .selectFrom("hub_hostnames")
    .select("host")
    .where("tenant_id", "=", hub.tenant_id)
    .where("hub_pk", "=", hub.id)
    .where("is_main", "=", true)
    .where("removed_at", "is not", null)
    .orderBy("removed_at", "desc")
    .executeTakeFirst();
  if (!row?.host.endsWith(`.${domain}`)) return null;
  const earlier = row.host.slice(0, -domain.length - 1).replace(/-\d+$/, "");
  return base === null || base === earlier ? row.host : null;
}

async function takenNumbers(tx: Tx, tenantId: string, name: string, domain: string): Promise<number[]> {
  const rows = await tx
    .selectFrom("hub_hostnames")
    .select("host")
    .where("host", "like", `${name}-%.${domain}`)
    .where((eb) =>
      eb.or([
        eb("removed_at", "is", null),
        eb.and([
          eb("tenant_id", "!=", tenantId),
          eb("removed_at", ">", sql<Date>`now() - make_interval(days => ${COOLDOWN_DAYS})`),
        ]),
      ]),
    )
    .execute();
  return rows.flatMap(({ host }) => {
    const n = /^\d+$/.exec(host.slice(name.length + 1, -domain.length - 1))?.[0];
    return n === undefined ? [] : [Number(n)];
  });
}

function hold(
  tx: Tx,
  hub: Pick<HubRow, "id" | "tenant_id">,
  host: string,
  wish: { zoneId: string; isMain: boolean; serviceUrl: string | null },
): Promise<HubHostnameRow | undefined> {
  return tx
    .insertInto("hub_hostnames")
    .values({
      id: newId("hhn"),
      tenant_id: hub.tenant_id,
      hub_pk: hub.id,
      host,
      is_main: wish.isMain,
      service_url: wish.serviceUrl,
      zone_id: wish.zoneId,
    })
    .onConflict((conflict) => conflict.column("host").where("removed_at", "is", null).doNothing())
    .returningAll()
    .executeTakeFirst();
}
