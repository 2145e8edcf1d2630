import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What the portal's bundles are made of, and what decides how they are made. */
const SOURCE_DIRS = ["app", "server", "db", "emails"];
const SOURCE_FILES = ["package.json", "bun.lock", "remix.config.js", "tsconfig.json", ".postcssrc.json"];

/** False for what never reaches a bundle, so that a changed test does not cost a build. How it is made counts. */
function isSource(path: string): boolean {
  if (/\.test\.tsx?$/.test(path)) return false;
  return !path.startsWith(join("server", "dev")) || path.startsWith(join("server", "dev", "build"));
}

/**
 * Names the present state of the sources: equal hashes give equal builds.
 *
 * @param root the clone
 * @returns 16 hex digits
 */
export async function hashSources(root: string): Promise<string> {
  const listed = await Promise.all(SOURCE_DIRS.map((dir) => listFiles(root, dir)));
  const paths = [...listed.flat().filter(isSource), ...SOURCE_FILES].sort();
  const digests = await Promise.all(
    paths.map(async (path) => `${path} ${await digestOf(join(root, path))}\n`),
  );
  return createHash("sha256").update(digests.join("")).digest("hex").slice(0, 16);
}

async function listFiles(root: string, dir: string): Promise<string[]> {
  const entries = await readdir(join(root, dir), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

async function digestOf(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}
