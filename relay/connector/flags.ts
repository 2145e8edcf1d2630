import type { Command } from "commander";
import type { FieldKey, Value } from "./options/fields.ts";

/** What was typed. */
export type Flags = Partial<Record<FieldKey, Value>> & {
  config?: string;
  configDir?: string;
  apiKey?: string;
  name?: string;
  /** `service install`: of this hub, instead of `connect`. */
  hub?: string;
  system?: boolean;
  afterFatal?: "zero" | "stay";
  model?: string;
  follow?: boolean;
  limit?: string;
};

/** Options that every command has. */
export function shared(command: Command): Command {
  return command
    .option("--slug <name>", "name of the endpoint")
    .option("--license-key <key>", "key from the portal's license page; better in HOTSPOT_LICENSE_KEY")
    .option("--portal <url>", "address of the portal")
    .option("--device-id <id>", "name of this device; made once and kept when left out")
    .option("--proxy <url>", "HTTP proxy to portal and relay, instead of HTTPS_PROXY; none goes without")
    .option("--ca-file <file>", "PEM certificates to trust as well")
    .option("--config <file>", "YAML file with the same names")
    .option("--config-dir <dir>", "where device id and login are kept (~/.config/hotspot)")
    .option("--json", "print JSON lines");
}

/** Options about the upstream. */
export function upstreamOptions(command: Command): Command {
  return command
    .option("--to <url>", "what to forward to, e.g. http://127.0.0.1:11434; looked for when left out")
    .option(
      "--host-header <value>",
      "Host the upstream sees: rewrite (its own), preserve (the public one), or a name",
    )
    .option("--insecure-upstream", "do not check the certificate of an https upstream");
}

/** Options of the links. */
export function linkOptions(command: Command): Command {
  return command
    .option("--relay <url>", "instead of the relay that the portal names")
    .option("--connections <n>", "links held at once (1)")
    .option("--log-format <format>", "text or json, the same as --json")
    .option("--log-file <file>", "write everything there instead; SIGHUP opens it anew")
    .option("--claim", "claim the name first when nobody has it")
    .option("--no-retry", "end when portal or relay cannot be reached at the start");
}

/** Options of the commands that serve. */
export function serving(command: Command): Command {
  return linkOptions(upstreamOptions(shared(command)))
    .option("--upstream-timeout <seconds>", "silence allowed before an answer begins (300)")
    .option("--health <url or path>", "asked again and again; while it fails, other connectors are preferred")
    .option("--health-seconds <n>", "between two looks (10)")
    .option("--wake <command>", "starts the upstream when the first request comes")
    .option("--wake-seconds <n>", "time it has to become ready (120)")
    .option("--wake-stop <command>", "stops it; otherwise what --wake started is ended")
    .option("--idle-seconds <n>", "without a request, after which it is stopped (1200); 0 for never")
    .option("--tcp <tunnel>", "a TCP tunnel too: 22, db=5432, db=10.0.0.5:5432; may be repeated", listed)
    .option("--proxy-protocol", "tell targets of TCP tunnels who the client is (PROXY protocol v2)");
}

/** A repeated option as one list. */
function listed(value: string, before: Value | undefined): Value {
  return before === undefined ? value : `${before},${value}`;
}

/** Commander makes `retry` true by itself because of `--no-retry`; only what was typed counts as a flag. */
export function withoutDefaults(flags: Flags, command: Command): Flags {
  return command.getOptionValueSource("retry") === "cli" ? flags : { ...flags, retry: undefined };
}
