import { createDial } from "../link/dial.ts";
import { type IssuedToken, PortalClient } from "../portal/client.ts";
import { PortalError } from "../portal/errors.ts";
import { type Examination, type Finding, fault, ok, skipped } from "./finding.ts";

const DIAL_TIMEOUT_MS = 8_000;

/** The key is good, the endpoint is ours and served, and the relay takes a link. */
export async function checkAccount(examination: Examination): Promise<Finding[]> {
  const { options, hosts } = examination;
  const { portal, credential, deviceId, network } = options;
  if (credential === null) {
    return [
      fault(
        "credential",
        "There is neither a license key nor a login.",
        "Run `hotspot login`, or set HOTSPOT_LICENSE_KEY.",
      ),
    ];
  }
  const client = new PortalClient({ portal, credential, deviceId, network });
  const findings: Finding[] = [];
  for (const { slug } of options.endpoints) {
    if (slug === null) {
      findings.push(skipped("endpoint", "No --slug is given, so no endpoint was looked at."));
      continue;
    }
    try {
      const { endpoint } = await client.endpointDetails(slug);
      if (endpoint !== null) hosts.set(slug, new URL(endpoint.publicBaseUrl).host);
      if (endpoint !== null && endpoint.status !== "active") {
        findings.push(
          fault(
            "endpoint",
            `The endpoint ${slug} is ${endpoint.status}.`,
            "The portal says why, and what to do.",
          ),
        );
        continue;
      }
      const token = await client.issueConnector(slug);
      findings.push(
        ok("credential", "The portal accepts the key."),
        ok("endpoint", `${slug} is yours and active.`),
      );
      findings.push(await checkRelay(examination, token));
    } catch (error) {
      findings.push(accountFault(error as Error, slug));
    }
  }
  return findings;
}

function accountFault(error: Error, slug: string): Finding {
  if (!(error instanceof PortalError)) {
    return fault("credential", `The portal did not answer: ${error.message}.`, "Try again in a moment.");
  }
  const { status, code, message } = error;
  if (status === 404) {
    return fault(
      "endpoint",
      `You have no endpoint ${slug}.`,
      "Check --slug, or claim it: `hotspot connect --claim`.",
    );
  }
  if (status === 402 || /suspended|payment/.test(code)) {
    return fault("endpoint", `${slug} is not served: ${message}.`, "The portal says why, and what to do.");
  }
  if (status === 401 || code === "license_inactive") {
    return fault(
      "credential",
      `The portal does not accept the key: ${message}.`,
      "Copy the license key from the portal again, or run `hotspot login`.",
    );
  }
  return fault("credential", `The portal refuses: ${message}.`, "See the license page of the portal.");
}

/** Opens a link and closes it before it says anything. */
function checkRelay({ options }: Examination, { relayUrl, connectorToken }: IssuedToken): Promise<Finding> {
  const url = options.relay ?? relayUrl;
  const { host } = new URL(url);
  return new Promise((resolve) => {
    const finish = (finding: Finding) => {
      clearTimeout(timer);
      // First, since the end of the socket is told at once.
      resolve(finding);
      socket.terminate();
    };
    const timer = setTimeout(
      () =>
        finish(
          fault(
            "relay",
            `The relay ${host} does not answer in time.`,
            "Check whether a firewall is on the way.",
          ),
        ),
      DIAL_TIMEOUT_MS,
    );
    const socket = createDial(options.network)(url, connectorToken, {
      onOpen: () => finish(ok("relay", `The relay ${host} takes our links.`)),
      onMessage: () => undefined,
      onClose: ({ status, reason }) => finish(relayFault(host, status, reason)),
    });
  });
}

function relayFault(host: string, status: number | null, reason: string): Finding {
  if (status === 426) {
    return fault("version", `This connector is too old for the relay ${host}.`, "Update hotspot.");
  }
  if (status === null) {
    return fault(
      "relay",
      `The relay ${host} cannot be reached (${reason}).`,
      "Check the network, --relay and HTTPS_PROXY.",
    );
  }
  if (status === 401 || status === 403) {
    return fault(
      "relay",
      `The relay ${host} does not accept our token (${status}).`,
      "Check the clock, and try again.",
    );
  }
  return fault(
    "relay",
    `No WebSocket comes through to the relay ${host}: something on the way answers ${status}.`,
    "A proxy or firewall there must let WebSockets pass (Upgrade), or use another way: --proxy.",
  );
}
