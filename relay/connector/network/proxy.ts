import { isIP } from "node:net";
import { usageError } from "../exit.ts";
import { NoProxyList } from "./no-proxy.ts";

/** An HTTP proxy, taken apart once. */
export interface HttpProxy {
  /** With user and password, as a runtime's own client takes it. */
  url: string;
  host: string;
  port: number;
  /** The proxy itself is spoken to by TLS. */
  secure: boolean;
  /** Value of `Proxy-Authorization`; null without a user. */
  authorization: string | null;
  /** The flag or variable that named it. */
  source: string;
}

/** What proxy each kind of address takes, as the settings and the usual variables say. */
export interface ProxyRules {
  http: HttpProxy | null;
  https: HttpProxy | null;
  except: NoProxyList;
}

type Env = Record<string, string | undefined>;

/** The variables that programs agree on; a runtime would read them by itself, in its own way. */
export const PROXY_VARIABLES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] as const;

/**
 * Reads `--proxy` (`none` switches proxies off), else HTTPS_PROXY, HTTP_PROXY and ALL_PROXY in either case, and NO_PROXY.
 * @throws ExitError usage: an address that is none, or a kind of proxy that is not spoken
 */
export function readProxyRules(setting: string | null, env: Env): ProxyRules {
  if (setting === "none") return { http: null, https: null, except: new NoProxyList("", false) };
  const noProxy = variable(env, "NO_PROXY")?.value ?? "";
  if (setting !== null) {
    const proxy = readProxy(setting, "--proxy");
    return { http: proxy, https: proxy, except: new NoProxyList(noProxy, false) };
  }
  const all = variable(env, "ALL_PROXY");
  // Often a SOCKS proxy for other programs; the two specific ones are meant for HTTP.
  const usual = all !== null && !/^socks/i.test(all.value) ? all : null;
  const find = (name: "HTTP_PROXY" | "HTTPS_PROXY") => {
    const found = variable(env, name) ?? usual;
    return found === null ? null : readProxy(found.value, found.name);
  };
  return { http: find("HTTP_PROXY"), https: find("HTTPS_PROXY"), except: new NoProxyList(noProxy, true) };
}

/** The proxy on the way to a URL, null for a direct way. */
export function proxyFor({ http, https, except }: ProxyRules, url: string): HttpProxy | null {
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === "https:" || protocol === "wss:";
  const proxy = secure ? https : http;
  if (proxy === null) return null;
  const host = hostname.replace(/^\[|\]$/g, "");
  return except.covers(host, port === "" ? (secure ? 443 : 80) : Number(port)) ? null : proxy;
}

function readProxy(value: string, source: string): HttpProxy {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.hostname === "" || (isIP(url.hostname) === 0 && /[^\w.[\]:-]/.test(url.hostname))) {
    throw usageError(`${source} is not the address of a proxy. Write it like http://proxy.example.com:3128.`);
  }
  const secure = url.protocol === "https:";
  if (!secure && url.protocol !== "http:") {
    throw usageError(
      `${source} names a ${url.protocol.slice(0, -1)} proxy. Only http and https proxies are spoken; --proxy none goes without.`,
    );
  }
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  return {
    url: url.href,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    secure,
    authorization:
      user === "" && password === ""
        ? null
        : `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
    source,
  };
}

function variable(env: Env, name: string): { name: string; value: string } | null {
  // Lower case first, as curl does.
  for (const spelled of [name.toLowerCase(), name]) {
    const value = env[spelled]?.trim();
    if (value) return { name: spelled, value };
  }
  return null;
}
