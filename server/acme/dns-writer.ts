import { Resolver } from "node:dns/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { CloudflareZone } from "./cloudflare.ts";
import type { DnsWriter } from "./deps.ts";

/** Cloudflare serves a change within seconds; two minutes mean that something else is wrong. */
const PATIENCE_MS = 120_000;
const POLL_MS = 2_000;

/**
 * Writes proofs to a zone and waits until its own servers give them out: a CA that asks too early remembers for long that
 * there is nothing.
 *
 * @param options.dnsServers asked instead of the zone's own
 */
export function createDnsWriter(
  zone: CloudflareZone,
  options: { dnsServers: readonly string[]; patienceMs?: number; pollMs?: number },
): DnsWriter {
  const { dnsServers, patienceMs = PATIENCE_MS, pollMs = POLL_MS } = options;
  return {
    add: (name, value) => zone.addText(name, value),
    remove: (name, value) => zone.removeText(name, value),
    async waitFor(name, value) {
      const deadline = Date.now() + patienceMs;
      for (;;) {
        if (await isServed(name, value, dnsServers)) return;
        if (Date.now() > deadline) throw new Error(`the servers of the zone do not give out ${name}`);
        await delay(pollMs);
      }
    },
  };
}

/** True when all servers that have to know it do. */
async function isServed(name: string, value: string, given: readonly string[]): Promise<boolean> {
  const servers = given.length > 0 ? given : await authorities(name);
  const answers = await Promise.all(
    servers.map(async (server) => {
      const resolver = new Resolver({ timeout: 3_000, tries: 2 });
      resolver.setServers([server]);
      const texts = await resolver.resolveTxt(name).catch(() => []);
      return texts.some((pieces) => pieces.join("") === value);
    }),
  );
  return answers.length > 0 && answers.every(Boolean);
}

/** Addresses of the name servers of the zone that a name lies in; empty when they cannot be found now. */
async function authorities(name: string): Promise<string[]> {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 });
  for (let zone = name; zone.includes("."); zone = zone.slice(zone.indexOf(".") + 1)) {
    const servers = await resolver.resolveNs(zone).catch(() => []);
    if (servers.length === 0) continue;
    const addresses = await Promise.all(servers.map((server) => resolver.resolve4(server).catch(() => [])));
    return addresses.flat();
  }
  return [];
}
