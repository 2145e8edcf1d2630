import type { EnvVariable } from "../../env-schema.ts";

export interface EnvSection {
  readonly title: string;
  readonly variables: Readonly<Record<string, EnvVariable>>;
}

const WIDTH = 100;

/**
 * The text of `.env.example`: every variable with what it is for and its default, commented out, so that a copy of the
 * file changes nothing by itself.
 */
export function renderEnvExample(sections: readonly EnvSection[]): string {
  const blocks = sections.map(({ title, variables }) =>
    [
      `# --- ${title} ---`,
      ...Object.entries(variables).map(([name, variable]) => entry(name, variable)),
    ].join("\n\n"),
  );
  const head = [
    "# Settings of Hotspot. `npm start` needs none of them; copy this file to .env and set what you want to change.",
    "# Made by `npm run env:example` from the schemas that check them; a blank value counts as not set.",
  ].join("\n");
  return `${[head, ...blocks].join("\n\n")}\n`;
}

function entry(name: string, { description, expected, fallback }: EnvVariable): string {
  const lines = wrap(`${description} Expected: ${expected}.`);
  // Only a default that could be typed as it is stands behind the name.
  const literal = fallback && /^[^\s]+$/.test(fallback) && !fallback.includes("PORT") ? fallback : "";
  if (fallback && !literal) lines.push(...wrap(`Default: ${fallback}.`));
  return [...lines.map((line) => `# ${line}`), `#${name}=${literal}`].join("\n");
}

function wrap(text: string): string[] {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!;
    if (last && last.length + word.length + 1 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines;
}
