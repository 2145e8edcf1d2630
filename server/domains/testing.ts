import type { DomainDeps } from "./deps.ts";
import { DnsSilentError } from "./resolver.ts";

/** A zone in memory: what `set` says is what checks see. */
export function createFakeDns() {
  const texts = new Map<string, string[]>();
  const cnames = new Map<string, string>();
  const addresses = new Map<string, string[]>();
  const silent = new Set<string>();
  const speak = (name: string) => {
    if (silent.has(name)) throw new DnsSilentError(name, "ETIMEOUT");
  };
  return {
    texts,
    cnames,
    addresses,
    silent,
    resolver: {
      async txt(name) {
        speak(name);
        return texts.get(name) ?? [];
      },
      async cname(name) {
        speak(name);
        return cnames.get(name) ?? null;
      },
      async addresses(name) {
        speak(name);
        return addresses.get(name) ?? [];
      },
    } satisfies DomainDeps["resolver"],
    /** Sets what an answer of ours tells its owner to set. */
    obey(domain: { records: readonly { type: string; name: string; value: string }[] }) {
      for (const { type, name, value } of domain.records) {
        if (type === "TXT") texts.set(name, [...(texts.get(name) ?? []), value]);
        else cnames.set(name, value);
      }
    },
  };
}
