import ipaddr from "ipaddr.js";
import { parseUpstream, type UpstreamTarget, UpstreamUrlError } from "../connector/upstream/target.ts";
import { refusalOf } from "./address-guard.ts";

/**
 * Reads the `upstreamBaseUrl` of an endpoint: http or https, no credentials, no literal address outside of the public
 * Internet, no name that only the relay's own machine or network knows. Names are checked again at each connection.
 *
 * @throws UpstreamUrlError
 */
export function checkUpstreamUrl(url: string): UpstreamTarget {
  if (!/^https?:\/\//i.test(url)) {
    throw new UpstreamUrlError("The upstream must be a whole http or https address.");
  }
  const target = parseUpstream(url);
  const { host } = target;
  if (ipaddr.isValid(host)) {
    const refusal = refusalOf(host);
    if (refusal !== null) throw new UpstreamUrlError(`The upstream is ${refusal}; only public ones work.`);
    return target;
  }
  const name = host.replace(/\.$/, "");
  if (!name.includes(".") || /\.(localhost|local|internal|home\.arpa)$/.test(name)) {
    throw new UpstreamUrlError("The upstream has a name of a private network; only public ones work.");
  }
  return target;
}
