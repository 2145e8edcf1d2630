import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { TextField } from "./field.tsx";
import { SwitchButton } from "./switch-button.tsx";
import { Tabs } from "./tabs.tsx";
import { Time } from "./time.tsx";

describe("Tabs", () => {
  const html = renderToStaticMarkup(
    <Tabs
      label="Kinds"
      items={[
        { value: "a", label: "A", content: <p>first</p> },
        { value: "b", label: "B", content: <p>second</p> },
      ]}
    />,
  );

  test("come from the server without inline styles, which a strict content security policy refuses", () => {
    expect(html).not.toContain("style=");
  });

  test("show the first panel and hide the others", () => {
    expect(html).toContain("first");
    expect(html).not.toContain("second");
  });
});

test("a field ties its error and its hint to the input", () => {
  const html = renderToStaticMarkup(
    <TextField label="Name" name="name" error="Too short." hint="At least 3." />,
  );
  const id = /<input[^>]* id="([^"]+)"/.exec(html)?.[1] ?? "none";
  expect(html).toContain(`aria-describedby="${id}-error ${id}-hint"`);
  expect(html).toContain('aria-invalid="true"');
  expect(html).toContain(`<p id="${id}-error" role="alert"`);
});

test("a switch submits what it changes to", () => {
  const html = renderToStaticMarkup(<SwitchButton on={true} name="check" label="Check" />);
  expect(html).toContain('aria-checked="true"');
  expect(html).toContain('value="off"');
});

test("the server writes an instant in full, because it does not know the reader's clock", () => {
  expect(renderToStaticMarkup(<Time at="2026-11-20T14:03:00.000Z" />)).toContain(">2026-11-20 14:03 UTC<");
});
