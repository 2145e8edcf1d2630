import { setTimeout as sleep } from "node:timers/promises";
import { ExitCode, usageError } from "../exit.ts";
import type { Options } from "../options/connect-options.ts";
import { type LoggedRequest, PortalClient } from "../portal/client.ts";
import { PortalError, PortalUnreachableError } from "../portal/errors.ts";
import { logLine } from "../view/log-line.ts";
import type { CommandContext } from "./context.ts";

/** Between two questions for what is new, ms: the log itself is about a second behind. */
const POLL_MS = 1_000;
/** As many as the portal gives at once. */
const PAGE = 200;
/** More new requests than this between two questions are skipped, with a note. */
const MAX_PAGES = 10;
/** A portal that is away, or asks to wait, is asked again after this, ms. */
const RETRY_MS = 2_000;

/**
 * Prints the request log of the portal, oldest first; with `follow` also what comes, until it is stopped.
 * @throws ExitError, PortalError, PortalUnreachableError
 */
export async function logs(
  options: Options,
  flags: { follow: boolean; limit: string },
  context: CommandContext,
): Promise<ExitCode> {
  const { portal, credential, deviceId, network, json } = options;
  const limit = Number(flags.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE) {
    throw usageError(`--limit is "${flags.limit}". Give a whole number from 1 to ${PAGE}.`);
  }
  if (credential?.kind !== "apiKey") {
    throw usageError(
      "The log is for people of the account, and a license key is not enough: run `hotspot login`.",
    );
  }
  const client = new PortalClient({ portal, credential, deviceId, network });
  const slugs = options.endpoints.map(({ slug }) => slug);
  const slug = slugs.length === 1 ? slugs[0]! : null;
  const print = (requests: LoggedRequest[]) => {
    for (const request of requests.toReversed()) {
      context.stdout(`${json ? JSON.stringify(request) : logLine(request, slug === null)}\n`);
    }
  };
  const first = await client.requests({ slug, limit: flags.follow ? PAGE : limit });
  print(first.requests.slice(0, limit));
  if (!flags.follow) return ExitCode.stopped;
  const seen = new SeenRequests();
  seen.add(first.requests);
  let stopped = false;
  const stopping = context.stopRequested.then(() => {
    stopped = true;
  });
  let waitMs = POLL_MS;
  for (;;) {
    await Promise.race([sleep(waitMs), stopping]);
    if (stopped) return ExitCode.stopped;
    waitMs = POLL_MS;
    try {
      const { fresh, skipped } = await newRequests(client, slug, seen);
      if (skipped) context.stderr(`More requests than can be shown: some are left out.\n`);
      print(fresh);
    } catch (error) {
      const passing =
        error instanceof PortalUnreachableError ||
        (error instanceof PortalError && (error.status === 429 || error.status >= 500));
      if (!passing) throw error;
      context.stderr(`${error.message}. Trying again.\n`);
      waitMs = Math.max(RETRY_MS, (error instanceof PortalError && error.retryAfterMs) || 0);
    }
  }
}

/** What is newer than all that was seen, newest first. */
async function newRequests(client: PortalClient, slug: string | null, seen: SeenRequests) {
  const fresh: LoggedRequest[] = [];
  let cursor: string | null = null;
  let more = true;
  for (let page = 0; page < MAX_PAGES && more; page++) {
    const answer = await client.requests({ slug, limit: PAGE, cursor });
    fresh.push(...answer.requests.filter(({ id }) => !seen.has(id)));
    cursor = answer.nextCursor;
    more = cursor !== null && seen.mayBeFollowedBy(answer.requests);
  }
  seen.add(fresh);
  return { fresh, skipped: more };
}

/**
 * What was printed. The log is in the order in which requests began, and a long one appears in it late, behind newer
 * ones: so ids are kept, and pages are asked for until one ends in what was seen.
 */
class SeenRequests {
  private readonly ids = new Set<string>();

  has(id: string): boolean {
    return this.ids.has(id);
  }

  add(requests: LoggedRequest[]): void {
    for (const { id } of requests) this.ids.add(id);
    // Far more than the pages that are looked at again.
    for (const id of this.ids) {
      if (this.ids.size <= PAGE * MAX_PAGES * 2) break;
      this.ids.delete(id);
    }
  }

  /** False when the rest of the log is known: this page ends in what was there before. */
  mayBeFollowedBy(page: LoggedRequest[]): boolean {
    const last = page.at(-1);
    return this.ids.size > 0 && last !== undefined && !this.ids.has(last.id);
  }
}
