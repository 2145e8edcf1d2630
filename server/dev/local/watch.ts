import { watch } from "node:fs";
import { join, sep } from "node:path";
import { say, warn } from "./console.ts";
import type { Fleet, ProgramName } from "./fleet.ts";

/** Editors write several files at once, and some twice. */
const SETTLE_MS = 150;

/** Which programs hold a source file, by the beginning of its path; the first match counts. */
const HOLDERS: [prefix: string, programs: ProgramName[]][] = [
  ["app", ["portal"]],
  ["emails", ["portal"]],
  ["server/dev", []],
  ["server/portal", ["portal"]],
  ["server/trpc", ["portal"]],
  ["server/auth", ["portal"]],
  ["server", ["portal", "relay"]],
  ["db/migrations", []],
  ["db", ["portal", "relay"]],
  ["relay/connector", ["connector"]],
  ["relay/protocol", ["relay", "connector"]],
  ["relay", ["relay"]],
];

/** The programs that have to be started again after a change of this file. */
export function programsOf(path: string): readonly ProgramName[] {
  if (/\.test\.tsx?$/.test(path)) return [];
  const slashed = path.split(sep).join("/");
  return HOLDERS.find(([prefix]) => slashed.startsWith(`${prefix}/`))?.[1] ?? [];
}

/**
 * Restarts programs when their sources change; one that does not start is tried again at the next change.
 *
 * @returns ends the watch
 */
export function watchSources(root: string, fleet: Fleet): () => void {
  const changed = new Set<ProgramName>();
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> = Promise.resolve();

  const restartChanged = async () => {
    // The relay before its connector, so that the connector finds it.
    const order: ProgramName[] = ["relay", "portal", "connector"];
    const names = order.filter((name) => changed.delete(name));
    for (const name of names) {
      try {
        await fleet.restart(name);
        say(`${new Date().toLocaleTimeString()} ${name} restarted`);
      } catch (error) {
        warn((error as Error).message);
      }
    }
  };
  const onChange = (path: string) => {
    if (path.startsWith(join("db", "migrations"))) {
      return warn("A migration changed: run `npm run migrate`, or start again, when it is ready.");
    }
    for (const name of programsOf(path)) changed.add(name);
    if (changed.size === 0) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      work = work.then(restartChanged);
    }, SETTLE_MS);
  };
  const watchers = ["app", "server", "db", "emails", "relay"].map((dir) =>
    watch(join(root, dir), { recursive: true }, (_event, name) => name && onChange(join(dir, name))),
  );
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
