import * as z from "zod";
import type { CloudflareClient } from "../client.ts";
import { createRecords, type DnsRecord } from "../records.ts";
import { createTunnels, type IngressRule } from "../tunnels.ts";

export interface RelayTunnelWish {
  readonly zoneId: string;
  /** Tenants' hosts are one label under it. */
  readonly baseDomain: string;
  /** Where the wildcard goes to, e.g. `http://localhost:8789`. */
  readonly relayService: string;
  /** Where the apex, `www` and the portal's own host go to. */
  readonly websiteService: string;
  /** null: the portal has none in this zone. */
  readonly portalHost: string | null;
}

/** One thing that the tunnel needs, and what became of it. */
export type Tell = (did: "made" | "changed" | "set" | "unchanged" | "left", what: string) => void;

const Zone = z.object({ name: z.string(), account: z.object({ id: z.string() }) });
const ADDRESSES = ["A", "AAAA", "CNAME"];

/**
 * Makes the tunnel that leads to the relay, its rules and its records, or finds them; any number of times the same. A record of
 * somebody else's is never changed: the apex and `www` are left to it, for the wildcard and the portal that is an error.
 *
 * @returns what cloudflared has to be run with
 * @throws CloudflareError; Error when a name is taken, or is not of the zone
 */
export async function provisionRelayTunnel(
  client: CloudflareClient,
  wish: RelayTunnelWish,
  tell: Tell,
): Promise<string> {
  const { zoneId, baseDomain } = wish;
  const zone = await client.call({
    operation: "zones.get",
    method: "GET",
    path: `/zones/${encodeURIComponent(zoneId)}`,
    result: Zone,
  });
  if (!isUnder(baseDomain, zone.name)) {
    throw new Error(`ENDPOINTS_BASE_DOMAIN is ${baseDomain}; the zone of CLOUDFLARE_ZONE_ID is ${zone.name}`);
  }
  if (baseDomain !== zone.name) {
    const covers = `Cloudflare's own certificate covers ${zone.name} and one label under it`;
    tell("left", `certificate: ${covers}; *.${baseDomain} needs an advanced one`);
  }
  const tunnels = createTunnels(client, zone.account.id);
  // Not `hotspot-…`: Managed Cloudflare removes what is named so and belongs to no hub.
  const name = `relay-${baseDomain}`;
  const found = await tunnels.find(name);
  const tunnel = found ?? (await tunnels.create(name));
  tell(found ? "unchanged" : "made", `tunnel ${name}  ${tunnel.id}`);

  await tunnels.setIngress(tunnel.id, rulesOf(wish, zone.name));
  tell("set", `rules of the tunnel: *.${baseDomain} to ${wish.relayService}`);

  const records = createRecords(client, zoneId);
  const own = { content: `${tunnel.id}.cfargotunnel.com`, comment: `relay tunnel of ${baseDomain}` };
  const needed = [`*.${baseDomain}`, ...portalHosts(wish, zone.name)];
  for (const host of needed) {
    if ((await setRecord(records, { ...own, name: host }, tell)) === "foreign") {
      throw new Error(`${host} has a DNS record that is not this tunnel's; remove it and run this again`);
    }
  }
  for (const host of websiteHosts(wish)) {
    if ((await setRecord(records, { ...own, name: host }, tell)) === "foreign") {
      tell("left", `record ${host}: it leads somewhere else already`);
    }
  }
  return tunnels.token(tunnel.id);
}

function rulesOf(wish: RelayTunnelWish, zone: string): IngressRule[] {
  const site = [...portalHosts(wish, zone), ...websiteHosts(wish)];
  return [
    // The first that matches is taken: these are names under the wildcard, or beside it.
    ...site.map((hostname) => ({ hostname, service: wish.websiteService })),
    { hostname: `*.${wish.baseDomain}`, service: wish.relayService },
    { service: "http_status:404" },
  ];
}

const websiteHosts = ({ baseDomain }: RelayTunnelWish) => [baseDomain, `www.${baseDomain}`];

function portalHosts(wish: RelayTunnelWish, zone: string): string[] {
  const { portalHost } = wish;
  if (portalHost === null || !isUnder(portalHost, zone)) return [];
  return websiteHosts(wish).includes(portalHost) ? [] : [portalHost];
}

const isUnder = (host: string, zone: string) => host === zone || host.endsWith(`.${zone}`);

async function setRecord(
  records: ReturnType<typeof createRecords>,
  wanted: { name: string; content: string; comment: string },
  tell: Tell,
): Promise<"ours" | "foreign"> {
  const [present, ...more] = (await records.listByName(wanted.name)).filter(({ type }) =>
    ADDRESSES.includes(type),
  );
  if (!present) {
    await records.create({ type: "CNAME", ...wanted });
    tell("made", `record ${wanted.name}`);
    return "ours";
  }
  if (more.length > 0 || !isOurs(present, wanted)) return "foreign";
  if (present.content === wanted.content) tell("unchanged", `record ${wanted.name}`);
  else {
    await records.edit(present.id, { content: wanted.content });
    tell("changed", `record ${wanted.name}: it led to a tunnel of before`);
  }
  return "ours";
}

function isOurs(record: DnsRecord, wanted: { content: string; comment: string }): boolean {
  return record.type === "CNAME" && (record.content === wanted.content || record.comment === wanted.comment);
}
