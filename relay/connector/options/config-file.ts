import { join } from "node:path";
import { parseDocument } from "yaml";
import { usageError } from "../exit.ts";
import { readIfPresent } from "./config-dir.ts";
import { type FieldKey, fieldKeys, fields, type Origin, type Settings } from "./fields.ts";

/**
 * Reads the config files: only `explicit` when it is named, else ./hotspot.yaml before config.yaml of the config
 * directory. A name nobody knows is an error, since a misspelt setting would be silently without effect.
 */
export function readConfigFiles(options: { explicit?: string; cwd: string; dir: string }): Settings {
  const { explicit, cwd, dir } = options;
  if (explicit !== undefined) {
    const settings = readConfigFile(explicit, "file");
    if (settings === null) throw usageError(`There is no config file ${explicit}. Check --config.`);
    return settings;
  }
  return {
    ...readConfigFile(join(dir, "config.yaml"), "user"),
    ...readConfigFile(join(cwd, "hotspot.yaml"), "project"),
  };
}

function readConfigFile(path: string, origin: Origin): Settings | null {
  const text = readIfPresent(path);
  if (text === null) return null;
  const document = parseDocument(text);
  const fault = document.errors[0];
  if (fault) throw usageError(`${path} is not valid YAML: ${fault.message.split("\n")[0]}`);
  const content: unknown = document.toJS();
  if (content === null || content === undefined) return {};
  if (typeof content !== "object" || Array.isArray(content)) {
    throw usageError(`${path} must hold lines like \`slug: acme\`.`);
  }
  const settings: Settings = {};
  for (const [name, value] of Object.entries(content)) {
    const key = fieldKeys.find((candidate) => fields[candidate].name === name);
    if (key === undefined) throw usageError(`${path}: unknown setting "${name}". Known: ${knownNames()}.`);
    if (value === null) continue;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      throw usageError(`${path}: ${name} must be a single value.`);
    }
    settings[key] = { value, origin };
  }
  return settings;
}

function knownNames(): string {
  return fieldKeys.map((key: FieldKey) => fields[key].name).join(", ");
}
