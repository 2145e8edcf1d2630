import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { expect, it } from "vitest";
import { currentEnvExample, envExamplePath } from "./write.ts";

const root = join(import.meta.dirname, "..", "..", "..");

it(".env.example says what the schemas say (else: npm run env:example)", async () => {
  expect(await readFile(envExamplePath(root), "utf8")).toBe(currentEnvExample());
});

it("a copy of it changes nothing by itself", () => {
  expect(parseEnv(currentEnvExample())).toEqual({});
});

it("holds no line that an editor would wrap", () => {
  const longest = Math.max(
    ...currentEnvExample()
      .split("\n")
      .map((line) => line.length),
  );
  expect(longest).toBeLessThanOrEqual(110);
});
