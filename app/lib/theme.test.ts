import { expect, test } from "vitest";
import { themeCookie, themeOfCookies } from "./theme.ts";

test("the cookie that is set is the one that is read", () => {
  const pair = themeCookie("dark").split(";")[0] ?? "";
  expect(themeOfCookies(`a=1; ${pair}; b=2`)).toBe("dark");
});

test.each([null, "", "hotspot_theme=", 'hotspot_theme="><script>', "x_hotspot_theme=dark"])(
  "%j follows the system",
  (header) => {
    expect(themeOfCookies(header)).toBe("system");
  },
);
