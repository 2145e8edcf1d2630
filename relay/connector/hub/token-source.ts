import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { usageError } from "../exit.ts";
import { readPrivateFile } from "./private-file.ts";

/** Where a hub token may come from, beside HOTSPOT_HUB_TOKEN. */
export interface TokenFlags {
  /** The token itself, or `-` for a line of stdin. */
  hubToken?: string;
  hubTokenFile?: string;
}

interface TokenPlace {
  cwd: string;
  env: Record<string, string | undefined>;
  stderr(text: string): void;
}

/**
 * The hub token that the flags, or HOTSPOT_HUB_TOKEN_FILE, lead to. One that stands on the command line itself is used, with
 * a warning: it cannot be taken back from the list of processes and the shell's history.
 *
 * @returns undefined when none of them is given
 * @throws ExitError usage: two sources, a file that is not there or that others may read, or nothing to read
 */
export async function readTokenSource(
  { hubToken, hubTokenFile }: TokenFlags,
  { cwd, env, stderr }: TokenPlace,
  input: () => NodeJS.ReadableStream & { isTTY?: boolean } = () => process.stdin,
): Promise<string | undefined> {
  if (hubToken !== undefined && hubTokenFile !== undefined) {
    throw usageError("Give --hub-token or --hub-token-file, not both.");
  }
  if (hubToken === "-") return readLine(input(), stderr);
  if (hubToken !== undefined) {
    stderr(
      "Warning: --hub-token shows the token to everybody who lists this machine's processes. Use --hub-token - (asks for it), --hub-token-file or HOTSPOT_HUB_TOKEN.\n",
    );
    return hubToken;
  }
  const file = hubTokenFile ?? (env.HOTSPOT_HUB_TOKEN ? undefined : env.HOTSPOT_HUB_TOKEN_FILE || undefined);
  if (file === undefined) return undefined;
  const path = resolve(cwd, file);
  const text = readPrivateFile(path);
  if (text === null) throw usageError(`There is no file ${path} with the hub token.`);
  return text.trim();
}

async function readLine(
  input: NodeJS.ReadableStream & { isTTY?: boolean },
  stderr: TokenPlace["stderr"],
): Promise<string> {
  if (input.isTTY) stderr("Paste the hub token from the portal, then press Enter: ");
  const lines = createInterface({ input });
  try {
    for await (const line of lines) if (line.trim() !== "") return line.trim();
  } finally {
    lines.close();
  }
  throw usageError("--hub-token - reads the token from stdin, which has ended without one.");
}
