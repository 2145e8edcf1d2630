import { sql } from "kysely";
import * as z from "zod";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import type { ListInvoicesInput, ListInvoicesOutput } from "./schemas.ts";
import { viewInvoiceSummary } from "./views.ts";

const DEFAULT_LIMIT = 24;

/**
 * One page of the tenant's invoices, newest first, from our own rows.
 * @throws DomainError invalid/invalid_cursor
 */
export async function listInvoices(args: {
  ctx: RequestContext;
  input: ListInvoicesInput;
}): Promise<ListInvoicesOutput> {
  const { ctx, input } = args;
  requirePermission(ctx, "billing:read");
  const cursor = input.cursor === undefined ? null : decodeCursor(input.cursor);
  const limit = input.limit ?? DEFAULT_LIMIT;
  const rows = await ctx.db
    .selectFrom("invoices")
    .selectAll()
    .where("tenant_id", "=", ctx.tenantId)
    .$if(cursor !== null, (query) =>
      query.where(sql<boolean>`(created_at, id) < (${cursor?.createdAt}, ${cursor?.id})`),
    )
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    invoices: page.map(viewInvoiceSummary),
    nextCursor: last && rows.length > limit ? encodeCursor(last.created_at, last.id) : null,
  };
}

// Stripe counts whole seconds, so a Date loses nothing.
const cursorSchema = z.tuple([z.iso.datetime(), z.string().min(1).max(64)]);

function encodeCursor(createdAt: Date, id: string): string {
  return Buffer.from(JSON.stringify([createdAt.toISOString(), id])).toString("base64url");
}

function decodeCursor(text: string): { createdAt: Date; id: string } {
  try {
    const [at, id] = cursorSchema.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    return { createdAt: new Date(at), id };
  } catch (cause) {
    throw new DomainError(
      "invalid",
      "invalid_cursor",
      "cursor must be a nextCursor as it was given",
      { field: "cursor" },
      { cause },
    );
  }
}
