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

export function toCopy(text: string): string {
  return text.replace(ESCAPED, (character) => ESCAPES[character]!);
}
