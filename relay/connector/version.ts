/** Version of the connector, as `--version` prints it; a test holds it to package.json. */
export const VERSION = "0.1.0";

/** How this program names itself to portal and relay. */
export function agentName(): string {
  const runtime = typeof Bun === "undefined" ? `node/${process.versions.node}` : `bun/${Bun.version}`;
  return `hotspot/${VERSION} ${runtime} ${process.platform}-${process.arch}`;
}
