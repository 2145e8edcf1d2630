import { type Db, inTransaction } from "../../db/client.ts";
import type { StripeEventsTable } from "../../db/schema/index.ts";
import type { SnapshotEvent, ThinEvent } from "./schemas.ts";
import { enqueueWork } from "./work-kind.ts";

/**
 * Keeps an event and asks for its work, both or neither. The same event again, from wherever, changes nothing.
 * @returns whether it is new
 */
export async function storeSnapshot(
  db: Db,
  event: SnapshotEvent,
  source: "webhook" | "poll",
): Promise<boolean> {
  return store(db, {
    id: event.id,
    type: event.type,
    source,
    api_version: event.api_version ?? null,
    object_id: event.data.object.id ?? null,
    customer_id: customerOf(event),
    payload: toJsonb(event),
    created_at: new Date(event.created * 1_000),
  });
}

/** As {@link storeSnapshot}, for a notification without an object. */
export async function storeThin(db: Db, event: ThinEvent): Promise<boolean> {
  return store(db, {
    id: event.id,
    type: event.type,
    source: "thin",
    api_version: null,
    object_id: event.related_object?.id ?? null,
    customer_id: null,
    payload: toJsonb(event),
    created_at: new Date(event.created),
  });
}

type NewEvent = Pick<
  StripeEventsTable,
  "id" | "type" | "source" | "api_version" | "object_id" | "customer_id" | "created_at"
> & { payload: string };

async function store(db: Db, row: NewEvent): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const stored = await tx
      .insertInto("stripe_events")
      .values(row)
      .onConflict((conflict) => conflict.column("id").doNothing())
      .returning("id")
      .executeTakeFirst();
    if (!stored) return false;
    await enqueueWork(tx, row.customer_id);
    return true;
  });
}

/** Whom an event is about: the one thing that is believed of it, and only to know where to look. */
function customerOf({ data }: SnapshotEvent): string | null {
  const { object, previous_attributes } = data;
  if (object.object === "customer") return object.id ?? null;
  // A card that was removed has no customer any more.
  return idOf(object.customer) ?? idOf(previous_attributes?.customer);
}

function idOf(reference: unknown): string | null {
  if (typeof reference === "string") return reference;
  const id = typeof reference === "object" && reference !== null ? Reflect.get(reference, "id") : null;
  return typeof id === "string" ? id : null;
}

/** Postgres keeps neither NUL nor half a surrogate pair in jsonb. */
function toJsonb(event: object): string {
  return JSON.stringify(event, (_key, value) =>
    typeof value === "string" ? value.replaceAll("\0", "\ufffd").toWellFormed() : value,
  );
}
