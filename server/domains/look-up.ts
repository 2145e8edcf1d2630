import type { WantedRecords } from "./records.ts";
import { DnsSilentError, type DomainResolver } from "./resolver.ts";

/** What DNS says of a custom domain. */
export interface Sighting {
  /** Is the proof there? null: DNS did not answer. */
  readonly proof: boolean | null;
  /** Other values of our kind stand there: an old one, or another account's. */
  readonly otherProof: boolean;
  /** Does the name lead to the endpoint? null: DNS did not answer. */
  readonly route: boolean | null;
  /** Where it leads instead, for the owner's eye; null when nowhere. */
  readonly leadsTo: string | null;
}

/** Asks DNS for the proof and the route of a custom domain. */
export async function lookUp(resolver: DomainResolver, wanted: WantedRecords): Promise<Sighting> {
  const [proof, route] = await Promise.all([
    orNull(findProof(resolver, wanted.proof)),
    orNull(findRoute(resolver, wanted.route)),
  ]);
  return {
    proof: proof?.found ?? null,
    otherProof: proof?.other ?? false,
    route: route?.found ?? null,
    leadsTo: route?.leadsTo ?? null,
  };
}

async function findProof(resolver: DomainResolver, { name, value }: WantedRecords["proof"]) {
  const texts = (await resolver.txt(name)).map((text) => text.trim());
  const found = texts.includes(value);
  return { found, other: !found && texts.some((text) => text.startsWith("hotspot-verification=")) };
}

/** A CNAME to the endpoint; or, where a zone's apex can have none, the same addresses (ALIAS, ANAME, flattening). */
async function findRoute(resolver: DomainResolver, { name, value }: WantedRecords["route"]) {
  const target = await resolver.cname(name);
  if (target === value) return { found: true, leadsTo: target };
  const [theirs, ours] = await Promise.all([resolver.addresses(name), resolver.addresses(value)]);
  const found = theirs.some((address) => ours.includes(address));
  return { found, leadsTo: target ?? theirs[0] ?? null };
}

async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof DnsSilentError) return null;
    throw error;
  }
}
