import { describe, expect, it } from "vitest";
import { cleanName } from "./body.ts";
import { createKnownBrowsers } from "./known-browser.ts";
import { accountKey } from "./limits.ts";

describe("accountKey", () => {
  it.each([
    ["Ada@Example.com", "ada@example.com"],
    [" ada+spam@example.com ", "ada@example.com"],
    ["a.d.a+x@googlemail.com", "ada@gmail.com"],
    ["a.d.a@example.com", "a.d.a@example.com"],
    ["+ada@example.com", "+ada@example.com"],
    ["nonsense", "nonsense"],
  ])("takes %j for the account %s", (email, key) => expect(accountKey(email)).toBe(key));
});

describe("known browsers", () => {
  it("recognise their own account only, and no forged value", () => {
    const browsers = createKnownBrowsers("secret-of-this-test", true);
    const [cookie = ""] = browsers.cookieFor("Ada@example.com").split(";");
    expect(browsers.recognise(`x=1; ${cookie}`, "ada@example.com")).not.toBeNull();
    expect(browsers.recognise(cookie, "bob@example.com")).toBeNull();
    expect(browsers.recognise(`${cookie}x`, "ada@example.com")).toBeNull();
    expect(browsers.recognise(null, "ada@example.com")).toBeNull();
    expect(createKnownBrowsers("another-secret", true).recognise(cookie, "ada@example.com")).toBeNull();
  });
});

describe("cleanName", () => {
  it.each(["Ada Lovelace", "J. R. R. Tolkien", "李小龍", "O'Neill-Smith", "  Ada   L. "])(
    "takes %j",
    (name) => expect(cleanName(name)).toBe(name.trim().replace(/\s+/g, " ")),
  );
  it.each([
    "",
    " ",
    "x".repeat(81),
    "win at evil.example",
    "http://x",
    "www.evil",
    "<b>",
    "a\u202eb",
    "a\nb\u0000",
    7,
    null,
  ])("refuses %j", (name) => expect(cleanName(name)).toBeNull());
});
