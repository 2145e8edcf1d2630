import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { SlugVerdict } from "./slug-verdict.tsx";

const verdict = {
  slug: "acme",
  available: false,
  reason: "taken",
  message: "acme is taken",
  suggestions: ["acme-ai"],
} as const;
const show = (availability: Parameters<typeof SlugVerdict>[0]["availability"]) =>
  renderToStaticMarkup(<SlugVerdict availability={availability} onPick={() => {}} />);

test("a refused name comes with its reason and with names that are free", () => {
  const html = show({ state: "refused", verdict: { ...verdict, suggestions: ["acme-ai"] } });
  expect(html).toContain("Somebody has this name already.");
  expect(html).toMatch(/<button[^>]*>acme-ai<\/button>/);
});

test("a free name is shown as it will be stored, without suggestions", () => {
  const html = show({
    state: "free",
    verdict: { ...verdict, available: true, reason: null, suggestions: [] },
  });
  expect(html).toContain("<code>acme</code> is free");
  expect(html).not.toContain("<button");
});

test("nothing is said of an empty field", () => {
  expect(show({ state: "empty", verdict: null })).toMatch(/<p role="status"[^>]*><\/p>/);
});
