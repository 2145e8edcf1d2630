import { useFetcher } from "@remix-run/react";
import { readTheme, type Theme } from "./theme.ts";

/** The chosen look, already the new one while the choice is on its way to the server. */
export function useTheme(saved: Theme): Theme {
  const pending = useFetcher({ key: "theme" }).formData?.get("theme");
  return typeof pending === "string" ? readTheme(pending) : saved;
}
