import { runCli } from "./cli.ts";
import { PROXY_VARIABLES } from "./network/proxy.ts";

/** The entry point: connects the program to its process, runs it, and ends. */
const stop = Promise.withResolvers<void>();
/** A launcher forwards what the terminal has sent to all of us: signals this close together are one, ms. */
const ONE_SIGNAL_MS = 300;
let firstSignalAt: number | null = null;
let reload: (() => void) | null = null;

function stopBySignal(): void {
  stop.resolve();
  firstSignalAt ??= performance.now();
  if (performance.now() - firstSignalAt < ONE_SIGNAL_MS) return;
  // Somebody does not want to wait for running streams.
  if (process.stdout.isTTY) process.stdout.write("\x1b[?25h");
  process.exit(0);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stopBySignal);
// The window of a terminal was closed; without one, somebody asks a service to read its files again.
const attended = process.stdin.isTTY || process.stdout.isTTY || process.platform === "win32";
process.on("SIGHUP", () => {
  if (attended || reload === null) stopBySignal();
  else reload();
});
// Started with a channel: when the starter dies, even by kill -9, this must not stay behind.
if (process.send !== undefined) {
  process.on("disconnect", () => {
    stop.resolve();
    setTimeout(() => process.exit(0), 2_000).unref();
  });
}
// The reader of a pipe went away: nobody is left to tell.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

// Read once, then hidden from the runtime, which would apply them by itself: to the upstream too, and in its own way.
const env = { ...process.env };
for (const name of PROXY_VARIABLES) {
  delete process.env[name];
  delete process.env[name.toLowerCase()];
}

const ownFile = process.argv[1] ?? "";
const isExecutable = /^(\/\$bunfs|[A-Z]:[\\/]~BUN)/i.test(ownFile);

// No await at the top: a one-file executable with bytecode cannot have it.
void runCli(process.argv.slice(2), {
  env,
  cwd: process.cwd(),
  // In a one-file executable the program's own file is a name inside of it.
  program: isExecutable ? [process.execPath] : [process.execPath, ownFile],
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  terminal: process.stdout.isTTY ? process.stdout : null,
  stopRequested: stop.promise,
  onReload(listener) {
    reload = listener;
  },
}).then((exitCode) => process.exit(exitCode));
