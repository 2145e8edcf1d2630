import fc from "fast-check";
import { expect, test } from "vitest";
import { csvCell, csvLine } from "./csv.ts";

test.each([
  ["=1+1", `"'=1+1"`],
  ["+49", `"'+49"`],
  ["-2", `"'-2"`],
  ["@SUM(A1)", `"'@SUM(A1)"`],
  ["\t=1", `"'\t=1"`],
  ["  =1", `"'  =1"`],
  ["\r=1", `"'\r=1"`],
  ["＝1", `"'＝1"`],
  [`=HYPERLINK("http://x","y")`, `"'=HYPERLINK(""http://x"",""y"")"`],
])("text that a spreadsheet would run, %j, becomes text", (value, cell) => {
  expect(csvCell(value)).toBe(cell);
});

test("plain text and numbers stay as they are, negative numbers too", () => {
  expect(csvLine(["gpt-4o mini", "a=b", 12, -3])).toBe("gpt-4o mini,a=b,12,-3\r\n");
});

const characters = fc.constantFrom(...",;\"'=+-@＝\t\r\n aé😀0");

test("whatever the text, a reader of RFC 4180 gets it back, at most with an apostrophe in front", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: characters }), { minLength: 1, maxLength: 5 }), (values) => {
      const read = parseLine(csvLine(values));
      expect(read).toHaveLength(values.length);
      for (const [index, value] of values.entries()) expect([value, `'${value}`]).toContain(read[index]);
      for (const cell of read) expect(cell).not.toMatch(/^\s*[=+\-@＝＋－＠]/);
    }),
  );
});

/** One record as RFC 4180 says it is read. */
function parseLine(line: string): string[] {
  const cells: string[] = [];
  let at = 0;
  while (at < line.length) {
    if (line[at] === '"') {
      const match = /"((?:[^"]|"")*)"(?:,|\r\n$)/y;
      match.lastIndex = at;
      const [whole, text] = match.exec(line)!;
      cells.push(text!.replaceAll('""', '"'));
      at += whole.length;
    } else {
      const match = /([^",\r\n]*)(?:,|\r\n$)/y;
      match.lastIndex = at;
      const [whole, text] = match.exec(line)!;
      cells.push(text!);
      at += whole.length;
    }
  }
  return cells;
}
