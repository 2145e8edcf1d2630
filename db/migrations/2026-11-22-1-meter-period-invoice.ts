import { type Kysely, sql } from "kysely";

/** A new invoice within a period may have charged for a part of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table meter_periods add column latest_invoice_id text`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table meter_periods drop column latest_invoice_id`.execute(db);
}
