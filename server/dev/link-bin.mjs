// Makes the package's own `hotspot` bin available as node_modules/.bin/hotspot, which package managers do for
// dependencies only. Runs after install; plain Node, no dependencies.
import { lstatSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const link = join(root, "node_modules", ".bin", "hotspot");
if (!lstatSync(link, { throwIfNoEntry: false })) {
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(join("..", "..", "relay", "connector", "bin", "hotspot.mjs"), link);
}
