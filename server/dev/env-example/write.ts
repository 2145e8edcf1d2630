import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { relayVariables } from "../../../relay/env-variables.ts";
import { portalVariables } from "../../env-variables.ts";
import { type EnvSection, renderEnvExample } from "./render.ts";
import { withConfigurationTable } from "./table.ts";

function sections(): EnvSection[] {
  const relayOnly = Object.entries(relayVariables).filter(([name]) => !(name in portalVariables));
  return [
    { title: "portal, and what it shares with the relay", variables: portalVariables },
    { title: "relay alone", variables: Object.fromEntries(relayOnly) },
  ];
}

/** What the documents made from the schemas should say now: file name and text. */
export async function currentDocuments(root: string): Promise<[string, string][]> {
  const readme = await readFile(join(root, "README.md"), "utf8");
  return [
    [".env.example", renderEnvExample(sections())],
    ["README.md", withConfigurationTable(readme, sections())],
  ];
}

/** `npm run env:example`. @returns the exit code */
export async function writeEnvExample(root: string): Promise<number> {
  for (const [name, text] of await currentDocuments(root)) {
    const path = join(root, name);
    const before = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    if (before !== text) await writeFile(path, text);
    console.log(`${name} ${before === text ? "is up to date" : "written"}`);
  }
  return 0;
}
