// What the connector assumes without `--portal`.
const usualPortal = "http://localhost:3000";

interface ConnectCommand {
  /** Null when it is not known any more: a stand-in shows where it goes. */
  licenseKey: string | null;
  slug: string;
  to: string;
  portalUrl: string;
}

/** The line that starts a connector, safe to paste into a POSIX shell or PowerShell. */
export function connectCommand({ licenseKey, slug, to, portalUrl }: ConnectCommand): string {
  const parts = [
    "npx hotspot connect",
    `--license-key ${licenseKey ?? licenseKeyStandIn}`,
    `--slug ${quoted(slug)}`,
    `--to ${quoted(to)}`,
  ];
  if (portalUrl !== usualPortal) parts.push(`--portal ${quoted(portalUrl)}`);
  return parts.join(" ");
}

interface TcpCommand {
  licenseKey: string | null;
  slug: string;
  /** As `hotspot tcp` takes them. */
  tunnels: readonly string[];
  portalUrl: string;
}

/** The line that starts a connector for TCP tunnels alone. */
export function tcpCommand({ licenseKey, slug, tunnels, portalUrl }: TcpCommand): string {
  const parts = [
    `npx hotspot tcp ${tunnels.map(quoted).join(" ")}`,
    `--license-key ${licenseKey ?? licenseKeyStandIn}`,
    `--slug ${quoted(slug)}`,
  ];
  if (portalUrl !== usualPortal) parts.push(`--portal ${quoted(portalUrl)}`);
  return parts.join(" ");
}

interface HubCommand {
  hubId: string;
  accountId: string;
  serviceUrl: string;
  portalUrl: string;
}

/** The line that makes a machine the hub that was registered, and switches it on. */
export function hubEnableCommand({ hubId, accountId, serviceUrl, portalUrl }: HubCommand): string {
  const parts = [
    "npx hotspot hub enable",
    `--hub-id ${quoted(hubId)}`,
    `--account-id ${quoted(accountId)}`,
    // Asked for: a token on the command line is in the list of processes and in the shell's history.
    "--hub-token -",
    `--to ${quoted(serviceUrl)}`,
  ];
  if (portalUrl !== usualPortal) parts.push(`--portal ${quoted(portalUrl)}`);
  return parts.join(" ");
}

/** The same for a hub with a Cloudflare account of its own; what only its owner knows stands in capitals. */
export function hubSelfHostedCommand(hub: HubCommand): string {
  const own =
    "--self-hosted --cf-account YOUR_ACCOUNT_ID --cf-token-file ./cloudflare-token --domain your-domain.com --hostname hub.your-domain.com";
  return hubEnableCommand(hub).replace("hub enable", `hub enable ${own}`);
}

const licenseKeyStandIn = "YOUR_LICENSE_KEY";

/** Words of harmless characters stay as they are; anything else is single-quoted. */
function quoted(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
