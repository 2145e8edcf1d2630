import { stringify } from "yaml";
import { type Cloudflare, CloudflareError, type DnsRecord, type TunnelCredentials } from "./cloudflare.ts";

/** Cloudflare's number for a tunnel name that is taken. */
const NAME_TAKEN = 1013;
/** And for a tunnel that cloudflareds are connected to. */
const STILL_CONNECTED = 1022;
const DELETE_WAITS_MS = [500, 1_000, 2_000, 4_000, 8_000];

/** Somebody else's thing is in the way; what to do is said. */
export class InTheWayError extends Error {
  override name = "InTheWayError";
}

/** By its name the hub's tunnel is found again, whatever was lost. */
export function tunnelName(hubId: string): string {
  return `hotspot-${hubId}`;
}

/**
 * The tunnel of this hub: the one of its name, else a new one.
 * @throws InTheWayError: it is configured at Cloudflare, which would go before our file
 */
export async function ensureTunnel(cloudflare: Cloudflare, hubId: string): Promise<TunnelCredentials> {
  const name = tunnelName(hubId);
  const found = (await cloudflare.findTunnel(name)) ?? (await createTunnel(cloudflare, name));
  if (found.config_src !== undefined && found.config_src !== "local") {
    throw new InTheWayError(
      `The account has a tunnel ${name} that is configured in Cloudflare's dashboard. Delete or rename it there, or give another --hub-id.`,
    );
  }
  return cloudflare.tunnelCredentials(found.id);
}

async function createTunnel(cloudflare: Cloudflare, name: string) {
  try {
    return await cloudflare.createTunnel(name);
  } catch (error) {
    // Made meanwhile by a call whose answer was lost.
    const made =
      error instanceof CloudflareError && error.code === NAME_TAKEN
        ? await cloudflare.findTunnel(name)
        : null;
    if (made === null) throw error;
    return made;
  }
}

/**
 * Points the host name at the tunnel. A record that is neither ours nor says the same already is never changed.
 * @throws InTheWayError
 */
export async function ensureRecord(
  cloudflare: Cloudflare,
  options: { zoneId: string; hostname: string; tunnelId: string; hubId: string },
): Promise<void> {
  const { zoneId, hostname, tunnelId, hubId } = options;
  const wanted = {
    type: "CNAME",
    name: hostname,
    content: `${tunnelId}.cfargotunnel.com`,
    comment: recordComment(hubId),
  };
  const addresses = (await cloudflare.listRecords(zoneId, hostname)).filter(({ type }) =>
    ["A", "AAAA", "CNAME"].includes(type),
  );
  const foreign = addresses.find((record) => !isOurs(record, hubId) && record.content !== wanted.content);
  if (foreign !== undefined) {
    throw new InTheWayError(
      `${hostname} has a DNS record already (${foreign.type} ${foreign.content}) that is not of this hub, and it is left as it is. Remove it in Cloudflare's DNS, or give another --hostname.`,
    );
  }
  const [own] = addresses;
  if (own === undefined) await cloudflare.createRecord(zoneId, wanted);
  else if (own.content !== wanted.content) await cloudflare.changeRecord(zoneId, own.id, wanted);
}

/**
 * Takes away what was made: the record first, since a name without its tunnel shows visitors an error of Cloudflare's.
 * What is gone already is fine.
 */
export async function removeAll(
  cloudflare: Cloudflare,
  { zoneId, hostname, hubId }: { zoneId: string; hostname: string; hubId: string },
): Promise<void> {
  for (const record of await cloudflare.listRecords(zoneId, hostname)) {
    if (isOurs(record, hubId)) await ignoreGone(cloudflare.deleteRecord(zoneId, record.id));
  }
  const tunnel = await cloudflare.findTunnel(tunnelName(hubId));
  if (tunnel === null || tunnel.config_src === "cloudflare") return;
  for (const waitMs of [...DELETE_WAITS_MS, null]) {
    await ignoreGone(cloudflare.deleteConnections(tunnel.id));
    try {
      await ignoreGone(cloudflare.deleteTunnel(tunnel.id));
      return;
    } catch (error) {
      const isConnected = error instanceof CloudflareError && error.code === STILL_CONNECTED;
      if (!isConnected || waitMs === null) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

/**
 * What cloudflared reads: one name, one service, and nothing for any other name.
 * A service that speaks https only has, on its own machine, a certificate that nobody else vouches for.
 */
export function tunnelConfig(options: {
  tunnelId: string;
  credentialsFile: string;
  hostname: string;
  serviceUrl: string;
}): string {
  const { tunnelId, credentialsFile, hostname, serviceUrl } = options;
  const isHttps = serviceUrl.startsWith("https:");
  return `# Made by \`hotspot hub\`; written anew at each start.\n${stringify({
    tunnel: tunnelId,
    "credentials-file": credentialsFile,
    ingress: [
      { hostname, service: serviceUrl, ...(isHttps && { originRequest: { noTLSVerify: true } }) },
      { service: "http_status:404" },
    ],
  })}`;
}

function recordComment(hubId: string): string {
  return `hotspot:${hubId}`;
}

function isOurs({ comment }: DnsRecord, hubId: string): boolean {
  return comment === recordComment(hubId);
}

async function ignoreGone(call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof CloudflareError && error.status === 404)) throw error;
  }
}
