import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { expect, it } from "vitest";
import { withConfigurationTable } from "./table.ts";
import { currentDocuments } from "./write.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const documents = new Map(await currentDocuments(root));
const example = documents.get(".env.example")!;

it.each([...documents.keys()])("%s says what the schemas say (else: npm run env:example)", async (name) => {
  expect(await readFile(join(root, name), "utf8")).toBe(documents.get(name));
});

it("a copy of .env.example changes nothing by itself", () => {
  expect(parseEnv(example)).toEqual({});
});

it(".env.example holds no line that an editor would wrap", () => {
  expect(Math.max(...example.split("\n").map((line) => line.length))).toBeLessThanOrEqual(110);
});

it("a README without a place for the table is an error, not a README without a table", () => {
  expect(() => withConfigurationTable("# Hotspot\n", [])).toThrow("markers");
});
