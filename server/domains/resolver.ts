import { Resolver } from "node:dns/promises";

/** What a check asks DNS. An empty answer is an answer; no answer is a {@link DnsSilentError}. */
export interface DomainResolver {
  /** Texts of the TXT records of a name. */
  txt(name: string): Promise<string[]>;
  /** Where its CNAME leads, lower case without a dot at the end; null when it has none. */
  cname(name: string): Promise<string | null>;
  /** Its IPv4 and IPv6 addresses, behind whatever CNAMEs. */
  addresses(name: string): Promise<string[]>;
}

/** DNS could not be asked, or failed to answer: nothing is known of the name. */
export class DnsSilentError extends Error {
  constructor(name: string, code: string) {
    super(`DNS did not answer for ${name} (${code})`);
    this.name = "DnsSilentError";
  }
}

/** Per try, ms; two tries. A check is one of many, so it does not wait for a resolver that is down. */
const TIMEOUT_MS = 3_000;

/** @param servers addresses with or without a port; empty: those of the system */
export function createResolver(servers: readonly string[]): DomainResolver {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  const ask = async <T>(name: string, answers: Promise<T[]>): Promise<T[]> => {
    try {
      return await answers;
    } catch (error) {
      const { code = "UNKNOWN" } = error as NodeJS.ErrnoException;
      // No such name, or none of this kind: both are what the zone says.
      if (code === "ENOTFOUND" || code === "ENODATA") return [];
      throw new DnsSilentError(name, code);
    }
  };
  return {
    // A long text comes in pieces of 255 bytes (RFC 7208 section 3.3 says the same of its own).
    txt: async (name) => (await ask(name, resolver.resolveTxt(name))).map((pieces) => pieces.join("")),
    async cname(name) {
      const [target] = await ask(name, resolver.resolveCname(name));
      return target === undefined ? null : target.toLowerCase().replace(/\.$/, "");
    },
    async addresses(name) {
      const [v4, v6] = await Promise.all([
        ask(name, resolver.resolve4(name)),
        ask(name, resolver.resolve6(name)),
      ]);
      return [...v4, ...v6];
    },
  };
}
