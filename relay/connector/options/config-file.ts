import { join } from "node:path";
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Pair, parseDocument } from "yaml";
import { usageError } from "../exit.ts";
import { readIfPresent } from "./config-dir.ts";
import {
  type FieldKey,
  type FileSettings,
  fieldKeys,
  fields,
  listKeys,
  type Origin,
  type Settings,
} from "./fields.ts";
import { didYouMean } from "./nearest.ts";

/** A dozen is usual; a file with more than this is a mistake. */
const MAX_ENDPOINTS = 100;

/**
 * Reads the config files: only `explicit` when it is named, else ./hotspot.yaml before config.yaml of the config
 * directory. A name nobody knows is an error, since a misspelt setting would be silently without effect.
 */
export function readConfigFiles(options: { explicit?: string; cwd: string; dir: string }): FileSettings {
  const { explicit, cwd, dir } = options;
  if (explicit !== undefined) {
    const settings = readConfigFile(explicit, "file");
    if (settings === null) throw usageError(`There is no config file ${explicit}. Check --config.`);
    return settings;
  }
  const user = readConfigFile(join(dir, "config.yaml"), "user");
  const project = readConfigFile(join(cwd, "hotspot.yaml"), "project");
  return {
    common: { ...user?.common, ...project?.common },
    // A project that names its endpoint is about that one, whatever else this machine usually serves.
    endpoints: project?.endpoints ?? (project?.common.slug === undefined ? (user?.endpoints ?? null) : null),
  };
}

/** The files that `readConfigFiles` looks at. */
export function configFilePaths(options: { explicit?: string; cwd: string; dir: string }): string[] {
  const { explicit, cwd, dir } = options;
  return explicit === undefined ? [join(cwd, "hotspot.yaml"), join(dir, "config.yaml")] : [explicit];
}

function readConfigFile(path: string, origin: Origin): FileSettings | null {
  const text = readIfPresent(path);
  return text === null ? null : new ConfigFileReader(path, origin, text).read();
}

class ConfigFileReader {
  private readonly path: string;
  private readonly origin: Origin;
  private readonly lines = new LineCounter();
  private readonly document: Document;

  constructor(path: string, origin: Origin, text: string) {
    this.path = path;
    this.origin = origin;
    this.document = parseDocument(text, { lineCounter: this.lines });
  }

  read(): FileSettings {
    const { errors, contents } = this.document;
    const fault = errors[0];
    if (fault) {
      throw usageError(
        `${this.path}:${fault.linePos?.[0].line ?? 1}: not valid YAML: ${fault.message.split("\n")[0]}`,
      );
    }
    if (contents === null || (isScalar(contents) && contents.value === null)) {
      return { common: {}, endpoints: null };
    }
    if (!isMap(contents)) throw usageError(`${this.path} must hold lines like \`slug: acme\`.`);
    const common: Settings = {};
    let endpoints: Settings[] | null = null;
    for (const pair of contents.items) {
      if (this.name(pair) === "endpoints") endpoints = this.readEndpoints(pair);
      else this.readSetting(pair, common, fieldKeys, ["endpoints"]);
    }
    if (endpoints !== null) {
      for (const key of ["slug", "to"] as const) {
        const beside = common[key];
        if (beside === undefined) continue;
        throw usageError(
          `${beside.place}: ${key} stands beside endpoints. Move it into one of them, or leave endpoints out.`,
        );
      }
    }
    return { common, endpoints };
  }

  private readEndpoints(pair: Pair): Settings[] {
    const list = this.resolved(pair.value);
    const example = "Write a list with an entry like `- {slug: acme, to: 8080}` for each.";
    if (!isSeq(list) || list.items.length === 0) throw this.wrong(pair, `endpoints is no list. ${example}`);
    if (list.items.length > MAX_ENDPOINTS) {
      throw this.wrong(
        pair,
        `${list.items.length} endpoints are more than one process serves (${MAX_ENDPOINTS}).`,
      );
    }
    const known = fieldKeys.filter((key) => fields[key].scope === "endpoint");
    const placeOf = new Map<string, string>();
    return list.items.map((node) => {
      const entry = this.resolved(node);
      if (!isMap(entry)) throw usageError(`${this.place(node)}: an endpoint must have a slug. ${example}`);
      const settings: Settings = {};
      for (const item of entry.items) this.readSetting(item, settings, known);
      const slug = settings.slug?.value;
      if (slug === undefined) throw usageError(`${this.place(node)}: this endpoint has no slug. ${example}`);
      const name = String(slug).trim().toLowerCase();
      const before = placeOf.get(name);
      if (before !== undefined) {
        throw usageError(`${settings.slug!.place}: ${name} is there already (${before}). Name each once.`);
      }
      placeOf.set(name, settings.slug!.place!);
      return settings;
    });
  }

  private readSetting(pair: Pair, into: Settings, known: FieldKey[], alsoKnown: string[] = []): void {
    const name = this.name(pair);
    const key = known.find((candidate) => fields[candidate].name === name);
    if (key === undefined) {
      if (fieldKeys.some((candidate) => fields[candidate].name === name)) {
        throw this.wrong(pair, `${name} is for the whole program. Move it out of endpoints.`);
      }
      const names = [...alsoKnown, ...known.map((candidate) => fields[candidate].name)];
      throw this.wrong(pair, `unknown setting "${name}". ${didYouMean(name, names)}`);
    }
    const node = this.resolved(pair.value);
    if (node === null || node === undefined || (isScalar(node) && node.value === null)) return;
    const isList = listKeys.includes(key) && isSeq(node);
    const value = isList ? JSON.stringify(node.toJS(this.document)) : isScalar(node) ? node.value : undefined;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      throw this.wrong(pair, `${name} must be a single value.`);
    }
    into[key] = { value, origin: this.origin, place: this.place(pair.key) };
  }

  private name(pair: Pair): string {
    return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
  }

  private resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.document) : node;
  }

  private wrong(pair: Pair, message: string): Error {
    return usageError(`${this.place(pair.key)}: ${message}`);
  }

  private place(node: unknown): string {
    const offset = (node as { range?: [number, number, number] | null }).range?.[0] ?? 0;
    return `${this.path}:${this.lines.linePos(offset).line}`;
  }
}
