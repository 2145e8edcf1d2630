/** What the reader chose; `system` follows the device. */
const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const cookieName = "hotspot_theme";
const yearSeconds = 365 * 24 * 60 * 60;

export function readTheme(text: string | null | undefined): Theme {
  return themes.find((theme) => theme === text) ?? "system";
}

/** The choice in a request's `Cookie` header; `system` when there is none or it is nonsense. */
export function themeOfCookies(header: string | null): Theme {
  const pair = header?.split(/;\s*/).find((part) => part.startsWith(`${cookieName}=`));
  return readTheme(pair?.slice(cookieName.length + 1));
}

/** `Set-Cookie` that remembers the choice for a year. No secret: a tenant page that overwrote it would change a colour. */
export function themeCookie(theme: Theme): string {
  return `${cookieName}=${theme}; Path=/; Max-Age=${yearSeconds}; SameSite=Lax; HttpOnly`;
}
