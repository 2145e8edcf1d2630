import * as z from "zod";
import type { CloudflareClient } from "./client.ts";
import { CloudflareError, codes, isCloudflareError } from "./errors.ts";
import { type AskAnalytics, readR2Use } from "./r2-usage.ts";
import type { createBucketTokens } from "./tokens.ts";

/** What a look at the token and its permissions gave. */
export interface TokenCheck {
  /** The token's own id; null: it is not valid, or Cloudflare did not answer. */
  readonly tokenId: string | null;
  /** What is missing, each a sentence for the operator. Empty: all is there, as far as reading shows. */
  readonly problems: readonly string[];
  /** Cloudflare did not answer everything: nothing is known. */
  readonly unknown: boolean;
}

interface Probe {
  readonly missing: string;
  run(): Promise<unknown>;
}

/**
 * Looks whether the token is valid and may read all that it has to work on. What it may write shows only when it does: Cloudflare
 * tells no token what it may.
 */
export async function checkToken(
  client: CloudflareClient,
  parts: {
    accountId: string;
    zoneId: string;
    domain: string;
    tokens: ReturnType<typeof createBucketTokens>;
    ask: AskAnalytics;
  },
): Promise<TokenCheck> {
  const account = `/accounts/${encodeURIComponent(parts.accountId)}`;
  const zone = `/zones/${encodeURIComponent(parts.zoneId)}`;
  const read = (operation: string, path: string, query: Record<string, string | number> = {}) =>
    client.call({ operation, method: "GET", path, query, result: z.unknown() });
  try {
    const token = await client.call({
      operation: "tokens.verify",
      method: "GET",
      path: `${account}/tokens/verify`,
      result: z.object({ id: z.string(), status: z.string() }),
    });
    if (token.status !== "active") {
      return { tokenId: null, problems: [`MANAGED_CF_API_TOKEN is ${token.status}`], unknown: false };
    }
    const probes: Probe[] = [
      {
        missing: "Account: Cloudflare Tunnel, Edit",
        run: () => read("tunnels.list", `${account}/cfd_tunnel`, { per_page: 1 }),
      },
      {
        missing: "Account: Workers R2 Storage, Edit",
        run: () => read("buckets.list", `${account}/r2/buckets`, { per_page: 1 }),
      },
      { missing: "Account: Account API Tokens, Edit", run: () => parts.tokens.bucketWriteGroup() },
      {
        missing: "Account: Account Analytics, Read",
        run: () => checkAnalytics(parts.ask, parts.accountId),
      },
      { missing: "Zone: Zone, Read", run: () => checkZone(client, zone, parts.domain) },
      {
        missing: "Zone: DNS, Edit",
        run: () => read("records.list", `${zone}/dns_records`, { per_page: 1 }),
      },
    ];
    const problems: string[] = [];
    for (const { missing, run } of probes) {
      try {
        await run();
      } catch (error) {
        problems.push(problemOf(error, missing));
      }
    }
    return { tokenId: token.id, problems, unknown: false };
  } catch (error) {
    if (isCloudflareError(error) && (error.status === 401 || error.status === 403)) {
      const message =
        "MANAGED_CF_API_TOKEN is not a valid token of the account MANAGED_CF_ACCOUNT_ID (it has to be an account-owned one)";
      return { tokenId: null, problems: [message], unknown: false };
    }
    if (error instanceof CloudflareError) return { tokenId: null, problems: [error.message], unknown: true };
    throw error;
  }
}

async function checkZone(client: CloudflareClient, path: string, domain: string): Promise<void> {
  const { name } = await client.call({
    operation: "zones.get",
    method: "GET",
    path,
    result: z.object({ name: z.string() }),
  });
  if (name === domain) return;
  throw new WrongZone(
    domain.endsWith(`.${name}`)
      ? `MANAGED_CF_DOMAIN lies under the zone ${name}: Cloudflare's certificate covers one label under a zone only, so it must be the zone itself`
      : `MANAGED_CF_ZONE_ID is the zone ${name}, which MANAGED_CF_DOMAIN is not`,
  );
}

/** Without it nobody could be charged for backups. */
async function checkAnalytics(ask: AskAnalytics, accountId: string): Promise<void> {
  const to = new Date();
  const from = new Date(to.getTime() - 60_000);
  await readR2Use(ask, { accountId, jurisdiction: "default", bucket: "none" }, { from, to });
}

class WrongZone extends Error {}

/** @throws what says nothing about permissions */
function problemOf(error: unknown, missing: string): string {
  if (error instanceof WrongZone) return error.message;
  if (isCloudflareError(error, codes.r2NotEnabled)) return "R2 is not switched on in the Cloudflare account";
  if (isCloudflareError(error) && (error.status === 401 || error.status === 403)) {
    return `MANAGED_CF_API_TOKEN lacks the permission "${missing}"`;
  }
  throw error;
}
