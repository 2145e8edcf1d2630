/** Version of the connector, as `--version` prints it; a test holds it to package.json. */
export const VERSION = "0.1.0";

/** Set when a one-file executable is built. */
declare const HOTSPOT_COMMIT: string | undefined;

/** The version, and in an executable the commit it was built from. */
export function fullVersion(): string {
  return typeof HOTSPOT_COMMIT === "undefined" ? VERSION : `${VERSION} (${HOTSPOT_COMMIT})`;
}

/** How this program names itself to portal and relay. */
export function agentName(): string {
  const runtime = typeof Bun === "undefined" ? `node/${process.versions.node}` : `bun/${Bun.version}`;
  return `hotspot/${VERSION} ${runtime} ${process.platform}-${process.arch}`;
}
