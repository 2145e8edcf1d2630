import { readTrusted } from "./certificates.ts";
import { NoProxyList } from "./no-proxy.ts";
import { type HttpProxy, type ProxyRules, proxyFor, readProxyRules } from "./proxy.ts";

/** How this program reaches others: by which proxy, trusting whom. */
export class Network {
  readonly rules: ProxyRules;
  /** PEM certificates, the usual roots among them; null: those the runtime trusts by itself. */
  readonly trusted: readonly string[] | null;

  constructor(rules: ProxyRules, trusted: readonly string[] | null) {
    this.rules = rules;
    this.trusted = trusted;
  }

  /** The proxy on the way to a URL, null for a direct way. */
  proxyFor(url: string): HttpProxy | null {
    return proxyFor(this.rules, url);
  }
}

/** No proxy, the runtime's own certificates. */
export const directNetwork = new Network(
  { http: null, https: null, except: new NoProxyList("", false) },
  null,
);

/**
 * @param settings what `--proxy` and `--ca-file` say
 * @throws ExitError usage
 */
export function createNetwork(
  settings: { proxy: string | null; caFile: string | null },
  env: Record<string, string | undefined>,
): Network {
  const files: { path: string; source: string }[] = [];
  if (settings.caFile !== null) files.push({ path: settings.caFile, source: "--ca-file" });
  // Node and Bun read it themselves, but not beside a list of ours.
  const extra = env.NODE_EXTRA_CA_CERTS;
  if (extra) files.push({ path: extra, source: "NODE_EXTRA_CA_CERTS" });
  return new Network(readProxyRules(settings.proxy, env), readTrusted(files));
}
