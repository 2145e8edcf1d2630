/** What was said on the command line, read as cloudflared's own parser reads it: flags may stand before and after commands. */
export interface CommandLine {
  readonly words: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
}

/** How a wrong call ends: said on stderr, exit code 255. */
export class UsageError extends Error {}

const SWITCHES = ["no-autoupdate", "version", "v", "no-tls-verify", "help", "h", "post-quantum"];
const VARIABLES = {
  token: "TUNNEL_TOKEN",
  "token-file": "TUNNEL_TOKEN_FILE",
  metrics: "TUNNEL_METRICS",
} as const;

export function readCommandLine(args: readonly string[], environment: NodeJS.ProcessEnv): CommandLine {
  const words: string[] = [];
  const flags = new Map<string, string>();
  for (const [flag, variable] of Object.entries(VARIABLES)) {
    const value = environment[variable];
    if (value) flags.set(flag, value);
  }
  for (let at = 0; at < args.length; at++) {
    const [, name, value] = /^--?([^=]+)(?:=(.*))?$/s.exec(args[at]!) ?? [];
    if (name === undefined) words.push(args[at]!);
    else if (value !== undefined) flags.set(name, value);
    else if (SWITCHES.includes(name)) flags.set(name, "true");
    else {
      at += 1;
      const next = args[at];
      if (next === undefined) throw new UsageError(`flag needs an argument: -${name}`);
      flags.set(name, next);
    }
  }
  return { words, flags };
}
