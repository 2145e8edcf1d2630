/** Fields of COPY's text format, in which records are kept: a tab between them, `\N` for null, a few characters escaped. */

const ESCAPED = /[\\\t\n\r\0]/g;
const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  // Postgres cannot hold it.
  "\0": "\uFFFD",
};
const CHARACTERS: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r" };

export function toCopy(text: string): string {
  return text.replace(ESCAPED, (character) => ESCAPES[character]!);
}

export function fromCopy(field: string): string | null {
  if (!field.includes("\\")) return field;
  if (field === "\\N") return null;
  return field.replace(/\\(.)/g, (_, letter: string) => CHARACTERS[letter] ?? letter);
}
