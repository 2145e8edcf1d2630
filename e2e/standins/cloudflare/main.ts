// The stand-in as a process of its own, for trying a portal by hand. Variables: ZONE (example.org), DATA_DIR (the account is kept
// there, kill -9 included), PORT, R2_PORT, EDGE_PORT (0: any free one), PROPAGATION_MS. Prints what a portal needs, as
// lines for a shell; `GET /standin` on the API's port says what it holds.
import { CloudflareStandIn } from "./index.ts";

const { ZONE, DATA_DIR, PORT, R2_PORT, EDGE_PORT, PROPAGATION_MS } = process.env;

const standIn = await CloudflareStandIn.start({
  zone: ZONE || "example.org",
  ...(DATA_DIR ? { dataDir: DATA_DIR } : {}),
  port: Number(PORT || 0),
  r2Port: Number(R2_PORT || 0),
  edgePort: Number(EDGE_PORT || 0),
  propagationMs: Number(PROPAGATION_MS || 0),
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    standIn.stop().then(() => process.exit(0));
  });
}
const lines = Object.entries(standIn.env).map(([name, value]) => `export ${name}=${value}`);
process.stdout.write(
  `${lines.join("\n")}\n# edge: ${standIn.edgeUrl} with any Host\n# cloudflared: ${standIn.cloudflaredPath}\n`,
);
