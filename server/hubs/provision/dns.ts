import { sql } from "kysely";
import { codes, isCloudflareError } from "../../cloudflare/index.ts";
import type { HubHostnameRow } from "../internal.ts";
import { HubFailure } from "./failure.ts";
import type { StepContext } from "./step-context.ts";

/** How comments of our records begin; behind it stands the id of the name's row. */
export const RECORD_COMMENT = "hotspot:hhn_";
const commentOf = ({ id }: HubHostnameRow) => `hotspot:${id}`;

/** Lets the names lead to the tunnel. A record of that name that is not ours is left as it is. */
export async function setRecords(context: StepContext): Promise<void> {
  const { db, hostnames } = context;
  for (const hostname of hostnames) {
    if (!hostname.wanted || hostname.dns_record_id !== null) continue;
    const id = await createOrAdopt(context, hostname);
    await db.updateTable("hub_hostnames").set({ dns_record_id: id }).where("id", "=", hostname.id).execute();
  }
}

async function createOrAdopt({ cloudflare, hub }: StepContext, hostname: HubHostnameRow): Promise<string> {
  const content = `${hub.tunnel_id}.cfargotunnel.com`;
  const record = { type: "CNAME", name: hostname.host, content, comment: commentOf(hostname) } as const;
  try {
    return (await cloudflare.records.create(record)).id;
  } catch (error) {
    if (!isCloudflareError(error, ...codes.recordExists)) throw error;
    const found = await cloudflare.records.listByName(hostname.host);
    const same = found.find(({ type, content: its }) => type === "CNAME" && its === content);
    if (same) return same.id;
    // We hold the name, so one of ours that leads elsewhere is a leftover.
    const own = found.find(({ comment }) => comment?.startsWith(RECORD_COMMENT));
    if (own) return (await cloudflare.records.edit(own.id, { content, comment: record.comment })).id;
    throw new HubFailure(
      "hostname_foreign",
      `${hostname.host} has a DNS record that is not ours: switch off and wish for another name, or tell support`,
      { cause: error },
    );
  }
}

/** Takes the records of these names away and gives the names back. */
async function dropNames(context: StepContext, names: readonly HubHostnameRow[]): Promise<void> {
  const { db, cloudflare } = context;
  for (const hostname of names) {
    if (hostname.dns_record_id !== null) await cloudflare.records.remove(hostname.dns_record_id);
    else {
      // It may have been made, and its id lost.
      for (const { id, comment } of await cloudflare.records.listByName(hostname.host)) {
        if (comment === commentOf(hostname)) await cloudflare.records.remove(id);
      }
    }
    await db
      .updateTable("hub_hostnames")
      .set({ removed_at: sql<Date>`now()`, dns_record_id: null, wanted: false })
      .where("id", "=", hostname.id)
      .execute();
  }
}

export const dropAllNames = (context: StepContext) => dropNames(context, context.hostnames);

export const dropUnwantedNames = (context: StepContext) =>
  dropNames(
    context,
    context.hostnames.filter(({ wanted }) => !wanted),
  );
