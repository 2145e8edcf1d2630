import { expect, test } from "vitest";
import { safeNext } from "./safe-next.ts";

test.each(["/endpoints", "/device?user_code=AB-CD", "/endpoints/acme#keys"])("%s is ours", (wanted) => {
  expect(safeNext(wanted, "/")).toBe(wanted);
});

test.each([
  null,
  "",
  "endpoints",
  "https://evil.example/",
  "//evil.example",
  "/\\evil.example",
  "/\t/evil.example",
  "\t//evil.example",
  "/..//evil.example",
  "/./\n/evil.example",
  "javascript:alert(1)",
])("%j gives the fallback", (wanted) => {
  expect(safeNext(wanted, "/endpoints")).toBe("/endpoints");
});
