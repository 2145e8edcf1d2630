import { isDeepStrictEqual, parseArgs } from "node:util";
import type { ManagedProcess } from "../fixtures/managed-process.ts";
import { processMemory } from "../fixtures/process-memory.ts";
import { until } from "../fixtures/until.ts";
import { BackupWorld, childrenOf, ended, hashesBelow } from "../hubs/backup-world.ts";

const MB = 1_000_000;

/** One command, as it went. */
interface Figures {
  readonly seconds: number;
  /** At their peaks, MB. */
  readonly connector: number;
  readonly restic: number;
}

/**
 * A backup that is killed in the middle and run again, a restore with hashes compared, and a drill, at a size that does
 * not fit a test. `npm run chaos -- backup [--megabytes 1000]`
 */
export async function runBackup(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { megabytes: { type: "string", default: "1000" } } });
  const bytes = Number(values.megabytes) * MB;
  const world = await BackupWorld.start();
  try {
    await Promise.all([world.fill(bytes), world.writeHub()]);
    const sum = () => world.objects("data").reduce((total, { size }) => total + size, 0);

    const first = world.spawn(["backup", world.source]);
    await until(() => assert(sum() > bytes / 2, "half of it has arrived"), 600_000);
    first.kill("SIGKILL");
    await first.exited;
    await until(() => assert(world.forwarder.open === 0, "the killed run has let go"), 60_000);
    const kept = sum();
    const before = world.forwarder.bytesUp;
    const again = await measure(world.spawn(["backup", world.source]));
    const sent = world.forwarder.bytesUp - before;
    report("backup, after kill -9 in the middle", again);
    console.log(`  ${inMB(kept)} had arrived, ${inMB(sent)} were sent of ${inMB(bytes)}`);
    assert(sent < bytes - kept + 0.02 * bytes, "nothing is sent twice");

    report("backup, nothing new", await measure(world.spawn(["backup", world.source])));
    const to = `${world.dir}/restored`;
    report("restore", await measure(world.spawn(["restore", "latest", "--to", to])));
    const isEqual = isDeepStrictEqual(await hashesBelow(to + world.source), await hashesBelow(world.source));
    console.log(`  hashes ${isEqual ? "equal" : "NOT equal"}`);
    assert(isEqual, "what is restored is what was backed up");
    report("drill", await measure(world.spawn(["drill"])));
  } finally {
    await world.stop();
  }
}

async function measure(child: ManagedProcess): Promise<Figures> {
  const startedAt = performance.now();
  const peaks = { connector: 0, restic: 0 };
  const look = async () => {
    peaks.connector = Math.max(peaks.connector, peakOf(child.pid));
    for (const { pid } of await childrenOf(child.pid)) peaks.restic = Math.max(peaks.restic, peakOf(pid));
  };
  // It, or its child, may be gone between two looks at it.
  const timer = setInterval(() => void look().catch(() => undefined), 50);
  const { code, stdout, stderr } = await ended(child);
  clearInterval(timer);
  if (code !== 0) throw new Error(`ended with ${code}: ${stderr}`);
  console.log(stdout);
  return { seconds: (performance.now() - startedAt) / 1_000, ...peaks };
}

function peakOf(pid: number): number {
  return processMemory(pid).peakBytes / MB;
}

function report(what: string, { seconds, connector, restic }: Figures): void {
  console.log(
    `${what}: ${seconds.toFixed(1)} s, at most ${connector.toFixed(0)} MB resident here and ${restic.toFixed(0)} MB in restic`,
  );
}

function inMB(bytes: number): string {
  return `${(bytes / MB).toFixed(0)} MB`;
}

function assert(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}
