import { type Kysely, sql } from "kysely";

/** What the timers of missing payments look for every minute, and stored events by customer. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index tenant_settings_in_dunning on tenant_settings (tenant_id)
      where grace_ends_at is not null or billing_state = 'unpaid'`.execute(db);
  await sql`
    create index stripe_events_of_customer on stripe_events (customer_id, created_at)
      where processed_at is null`.execute(db);
  await sql`create index stripe_events_worked on stripe_events (processed_at) where processed_at is not null`.execute(
    db,
  );
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index stripe_events_worked, stripe_events_of_customer, tenant_settings_in_dunning`.execute(
    db,
  );
}
