import type { EnvSection } from "./render.ts";

const START = "<!-- configuration: made by `npm run env:example` -->\n";
const END = "<!-- /configuration -->";

/** The README with its configuration table made anew. @throws when the README has no place for it */
export function withConfigurationTable(readme: string, sections: readonly EnvSection[]): string {
  const start = readme.indexOf(START);
  const end = readme.indexOf(END);
  if (start < 0 || end < start) throw new Error("README.md has lost its configuration markers");
  const rows = sections.flatMap(({ variables }) =>
    Object.entries(variables).map(
      ([name, { description, fallback }]) =>
        `| \`${name}\` | ${cell(description)} | ${cell(fallback ?? "")} |`,
    ),
  );
  const table = ["| variable | what it is for | default |", "| --- | --- | --- |", ...rows].join("\n");
  return `${readme.slice(0, start + START.length)}${table}\n${readme.slice(end)}`;
}

/** Text for one cell: a bar would end it, a tag would vanish. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
