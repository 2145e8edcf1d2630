import { lookup } from "node:dns/promises";
import { AddressRefusedError } from "../connector/upstream/failure.ts";
import { refusalOf } from "./address-guard.ts";

export type Lookup = (host: string) => Promise<{ address: string; family: number }[]>;

const systemLookup: Lookup = (host) => lookup(host, { all: true, verbatim: true });

/**
 * Turns a name into the one address to connect to, asked anew for each connection, so that the checked address is the
 * one connected to and a name that changes its mind is checked again. One refused address among several refuses all.
 *
 * @throws AddressRefusedError with a reason, or what the resolver throws
 */
export function createPublicResolver(lookupAll: Lookup = systemLookup) {
  return async (host: string): Promise<string> => {
    const found = await lookupAll(host);
    for (const { address } of found) {
      const refusal = refusalOf(address);
      if (refusal !== null) throw new AddressRefusedError(`the host name stands for ${refusal}`);
    }
    // IPv4 first: a relay without an IPv6 route is more common than an upstream without IPv4.
    const chosen = found.find(({ family }) => family === 4) ?? found[0];
    if (chosen === undefined) throw new AddressRefusedError("the host name stands for no address");
    return chosen.address;
  };
}
