import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { relayVariables } from "../../../relay/env-variables.ts";
import { portalVariables } from "../../env-variables.ts";
import { renderEnvExample } from "./render.ts";

/** What `.env.example` should say for the present schemas. */
export function currentEnvExample(): string {
  const relayOnly = Object.entries(relayVariables).filter(([name]) => !(name in portalVariables));
  return renderEnvExample([
    { title: "portal, and what it shares with the relay", variables: portalVariables },
    { title: "relay alone", variables: Object.fromEntries(relayOnly) },
  ]);
}

export const envExamplePath = (root: string) => join(root, ".env.example");

/** `npm run env:example`. @returns the exit code */
export async function writeEnvExample(root: string): Promise<number> {
  const path = envExamplePath(root);
  const text = currentEnvExample();
  const before = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  if (before !== text) await writeFile(path, text);
  console.log(before === text ? ".env.example is up to date" : ".env.example written");
  return 0;
}
