import type { SocketTarget } from "./socket.ts";

/** Where requests go, taken apart once. */
export interface UpstreamTarget extends SocketTarget {
  /** As a person would write it, without a slash at the end. */
  url: string;
  /** Host and port as they stand in a `Host` field. */
  authority: string;
  /** Put before every request path; empty or `/like/this`. */
  basePath: string;
}

/** What is wrong with an upstream URL, as a sentence that ends in what to write instead. */
export class UpstreamUrlError extends Error {
  override name = "UpstreamUrlError";
}

/**
 * Reads the address of an upstream: a URL, or the short forms `11434`, `:11434`, `host:11434`.
 *
 * @param verify whether the certificate of an https upstream must be valid
 * @throws UpstreamUrlError
 */
export function parseUpstream(input: string, verify = true): UpstreamTarget {
  const url = readUrl(input.trim());
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new UpstreamUrlError(`"${input}" is not an http or https address. ${example}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new UpstreamUrlError(`Leave user name and password out of the upstream address. ${example}`);
  }
  if (url.search !== "" || url.hash !== "") {
    throw new UpstreamUrlError(`The upstream address must end before "?" and "#". ${example}`);
  }
  const secure = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const basePath = url.pathname.replace(/\/+$/, "");
  return {
    url: `${url.protocol}//${url.host}${basePath}`,
    host,
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    authority: url.host,
    basePath,
    tls: secure ? { serverName: host, verify } : null,
  };
}

const example = "Write it like http://127.0.0.1:11434.";

function readUrl(input: string): URL {
  const port = /^:?(\d{1,5})$/.exec(input)?.[1];
  if (port !== undefined) {
    if (Number(port) < 1 || Number(port) > 65_535) {
      throw new UpstreamUrlError(`"${input}" is not a port (1 to 65535). ${example}`);
    }
    return new URL(`http://127.0.0.1:${port}`);
  }
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(input) ? input : `http://${input}`;
  if (input === "" || !URL.canParse(text)) {
    throw new UpstreamUrlError(`"${input}" is not an address. ${example}`);
  }
  return new URL(text);
}
