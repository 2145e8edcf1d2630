import { Resolver } from "node:dns/promises";
import type { HubCheck } from "../../portal/hub-client.ts";

/** For one question, ms; it is asked twice. */
const TIMEOUT_MS = 3_000;

/**
 * Whether visitors find the name. Asked over the network and not by the system's own lookup, which may remember for
 * minutes that a new name was not there.
 *
 * @param servers addresses, with or without a port; empty: the system's
 */
export async function checkDns(hostname: string, servers: readonly string[]): Promise<HubCheck> {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  if (answers.some((answer) => answer.status === "fulfilled" && answer.value.length > 0)) {
    return { name: "dns", ok: true, message: null };
  }
  const codes = answers.flatMap((answer) =>
    answer.status === "rejected" ? [String((answer.reason as NodeJS.ErrnoException).code)] : [],
  );
  const message = codes.every((code) => code === "ENOTFOUND" || code === "ENODATA")
    ? `${hostname} has no address in DNS yet. A new name may take some minutes.`
    : `${hostname} could not be looked up (${codes.join(", ")}).`;
  return { name: "dns", ok: false, message };
}
