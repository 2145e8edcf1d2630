import type { DnsStandIn } from "../../dns.ts";
import type { DnsRecord } from "../core/state.ts";
import type { World } from "../core/world.ts";

/** Proxied names lead here: to the edge. */
const EDGE_ADDRESS = "127.0.0.1";

/** Keeps a name server as the zone's records say, each from when it has got around. @returns stops it */
export function serveRecords(world: World, dns: DnsStandIn): () => void {
  let timer: NodeJS.Timeout | undefined;
  let placed: DnsRecord[] = [];
  const place = () => {
    clearTimeout(timer);
    const now = Date.now();
    for (const record of placed) withdraw(dns, record);
    placed = world.state.records.filter(({ usableAt }) => usableAt <= now);
    for (const record of placed) publish(dns, record);
    const later = world.state.records.map(({ usableAt }) => usableAt).filter((at) => at > now);
    if (later.length > 0) timer = setTimeout(place, Math.min(...later) - now).unref();
  };
  world.onRecordsChange = place;
  place();
  return () => clearTimeout(timer);
}

function publish(dns: DnsStandIn, { type, name, content, proxied }: DnsRecord): void {
  if (type === "TXT") dns.addText(name, unquoted(content));
  else if (proxied) dns.addresses.set(name, EDGE_ADDRESS);
  else if (type === "CNAME") dns.cnames.set(name, content);
  else if (type === "A") dns.addresses.set(name, content);
}

function withdraw(dns: DnsStandIn, { type, name, content, proxied }: DnsRecord): void {
  if (type === "TXT") dns.removeText(name, unquoted(content));
  else if (type === "CNAME" && !proxied) dns.cnames.delete(name);
  else dns.addresses.delete(name);
}

const unquoted = (text: string) => text.replaceAll('"', "");
