import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { stringify } from "yaml";
import { usageError } from "../exit.ts";
import type { ServedSettings } from "../options/connect-options.ts";
import { type FieldKey, fieldKeys, fields, type Settings, type Value } from "../options/fields.ts";

/** Paths in a file of settings are read from where the program runs: a service runs elsewhere. */
const paths: FieldKey[] = ["caFile", "logFile"];

/**
 * The config file of a service: what command line, environment and files say now, so that a service started by
 * nobody's shell finds it. The license key is in it, and not on a command line that every user of the machine may read.
 *
 * @throws ExitError usage: no name or no upstream
 */
export function serviceConfig({ common, endpoints }: ServedSettings, cwd: string): string {
  for (const { slug, to, tcp } of endpoints) {
    if (slug === undefined) throw usageError("Which endpoint? Give --slug with its name, like --slug acme.");
    if (to !== undefined || tcp !== undefined) continue;
    throw usageError(
      `What shall ${slug.value} forward to? Say it with --to: when a service starts, what it serves may not run yet.`,
    );
  }
  const shared = plain(common, "program", cwd);
  return `# Made by \`hotspot service install\`. Change it, then reload the service; the next install writes it anew.\n${stringify(
    {
      ...shared,
      endpoints: endpoints.map((settings) => plain(settings, "endpoint", cwd)),
    },
  )}`;
}

/** The config file of a hub's service: settings of the program alone, without the license key, which a hub does not need. */
export function hubServiceConfig(common: Settings, cwd: string): string {
  const { licenseKey: _, ...settings } = common;
  return `# Made by \`hotspot service install --hub\`; the next install writes it anew.\n${stringify(plain(settings, "program", cwd))}`;
}

/** Writes it so that only this user may read it, also over a file that others could read. */
export function writeServiceConfig(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  writeFileSync(path, text, { mode: 0o600, flag: "wx" });
  chmodSync(path, 0o600);
}

function plain(settings: Settings, scope: "program" | "endpoint", cwd: string): Record<string, Value> {
  const values: Record<string, Value> = {};
  for (const key of fieldKeys) {
    const setting = settings[key];
    if (setting === undefined || fields[key].scope !== scope) continue;
    values[fields[key].name] = paths.includes(key) ? resolve(cwd, String(setting.value)) : setting.value;
  }
  return values;
}
