// Stands where cloudflared stands. CLOUDFLARED_STANDIN_EDGE: host and port that its edge listens on.
import { localConfig, readConfigFile } from "./config.ts";
import { type CommandLine, readCommandLine, UsageError } from "./options.ts";
import { run, VERSION } from "./run.ts";

const READY_TIMEOUT_MS = 5_000;

async function main(args: readonly string[]): Promise<number> {
  const line = readCommandLine(args, process.env);
  const [command, ...words] = line.words;
  if (command === "version" || line.flags.has("version") || line.flags.has("v")) {
    process.stdout.write(`cloudflared version ${VERSION} (built 2026-08-20-1200 UTC)\n`);
    return 0;
  }
  if (command === "tunnel" && words[0] === "ingress" && words[1] === "validate") return validate(line);
  if (command === "tunnel" && words[0] === "ready") return ready(line);
  if (command === "tunnel" && words[0] === "run") return run(line, readConfigFile(line), words[1]);
  throw new UsageError(`the stand-in has no such command: ${line.words.join(" ")}`);
}

function validate(line: CommandLine): number {
  const file = readConfigFile(line);
  process.stdout.write(`Validating rules from ${file?.path ?? ""}\n`);
  if (localConfig(file) === null)
    throw new Error("Validation failed: The config file doesn't contain any ingress rules");
  process.stdout.write("OK\n");
  return 0;
}

async function ready({ flags }: CommandLine): Promise<number> {
  const address = flags.get("metrics");
  if (address === undefined) throw new Error("--metrics has to be provided");
  const response = await fetch(`http://${address}/ready`, { signal: AbortSignal.timeout(READY_TIMEOUT_MS) });
  if (response.ok) return 0;
  throw new Error(`http://${address}/ready endpoint returned status code ${response.status}`);
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(error instanceof UsageError ? 255 : 1);
  },
);
