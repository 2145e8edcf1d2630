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

const licenseKeyStandIn = "YOUR_LICENSE_KEY";

/** Words of harmless characters stay as they are; anything else is single-quoted. */
function quoted(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
