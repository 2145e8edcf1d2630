import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../processes/run.ts";
import { hashSources } from "./sources.ts";

/** Builds kept beside the newest, for copies that still run them. */
const KEPT_BUILDS = 8;

export interface Build {
  /** Holds `portal.mjs` (starts the server), `server.js` (the compiled app) and `public/` (what browsers get). */
  readonly dir: string;
  /** True when it was there already. */
  readonly cached: boolean;
}

/**
 * Makes the build of the present sources, unless there is one. Safe when two copies do it at once: each builds in a
 * folder of its own and the first to finish gives it the name.
 *
 * @param root the clone; the result is under its node_modules/.cache
 * @throws CommandError with the compiler's output
 */
export async function ensureBuild(root: string, signal?: AbortSignal): Promise<Build> {
  const cache = join(root, "node_modules", ".cache", "hotspot");
  const dir = join(cache, `build-${await hashSources(root)}`);
  if (existsSync(dir)) {
    await markUsed(dir);
    return { dir, cached: true };
  }
  await mkdir(cache, { recursive: true });
  const temporary = await mkdtemp(join(cache, "making-"));
  try {
    await Promise.all([compileApp(root, temporary, signal), bundlePortal(root, temporary, signal)]);
    // Temporary folders are private; a build may be run by another user than made it.
    await chmod(temporary, 0o755);
    await rename(temporary, dir).catch((error: NodeJS.ErrnoException) => {
      // Another copy was first; its build is the same.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  await prune(cache, dir);
  return { dir, cached: false };
}

/** So that `prune` of another copy keeps it. In an image the folder may belong to somebody else, and nobody prunes. */
async function markUsed(dir: string) {
  const now = new Date();
  await utimes(dir, now, now).catch((error: NodeJS.ErrnoException) => {
    if (!["EPERM", "EACCES", "EROFS"].includes(error.code ?? "")) throw error;
  });
}

function compileApp(root: string, outDir: string, signal?: AbortSignal) {
  return run(join(root, "node_modules", ".bin", "remix"), ["build"], {
    cwd: root,
    env: { ...process.env, NODE_ENV: "production", HOTSPOT_BUILD_DIR: outDir },
    signal,
  });
}

/**
 * Stay outside of the bundle: what the compiled app shares with the portal (two Reacts would not know each other), and
 * what looks for files beside itself. The rest is bundled, which cuts the portal's start to a third: mail templates,
 * auth and OpenAPI alone are over a thousand files.
 */
const EXTERNALS = [
  "@remix-run/*",
  "react",
  "react-dom",
  "express",
  "compression",
  "nodemailer",
  "pg",
  "pino",
  // Of a reader of configuration files in graphile-worker, for those written in TypeScript: half of the bundle, never asked for.
  "typescript",
];

/**
 * Source maps are switched on here instead of by Node's flag: with the flag, whatever asks who its caller is (pino does, at the
 * start) has the map of the whole bundle read, a quarter of the time to start. So the first error pays for it.
 */
const ENTRY = `process.setSourceMapsEnabled(true);
await import("./bundle.mjs");
`;

async function bundlePortal(root: string, outDir: string, signal?: AbortSignal) {
  await writeFile(join(outDir, "portal.mjs"), ENTRY);
  await run(
    join(root, "node_modules", ".bin", "bun"),
    [
      "build",
      "server/portal/main.ts",
      "--target=node",
      ...EXTERNALS.map((name) => `--external=${name}`),
      "--sourcemap=linked",
      // With --outfile and a source map, Bun 1.4 writes beside the source instead.
      `--outdir=${outDir}`,
      "--entry-naming=bundle.mjs",
    ],
    { cwd: root, env: { ...process.env, NODE_ENV: "production" }, signal },
  );
}

async function prune(cache: string, newest: string) {
  const builds = await Promise.all(
    (await readdir(cache))
      .filter((name) => name.startsWith("build-") && join(cache, name) !== newest)
      .map(async (name) => ({ path: join(cache, name), usedAt: (await stat(join(cache, name))).mtimeMs })),
  );
  builds.sort((a, b) => b.usedAt - a.usedAt);
  await Promise.all(builds.slice(KEPT_BUILDS).map(({ path }) => rm(path, { recursive: true, force: true })));
}
