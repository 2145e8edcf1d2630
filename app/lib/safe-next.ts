/**
 * Where to go after signing in: the wanted address when it is one of ours, else the fallback. Anything that a browser
 * could read as another origin is refused (`//host`, `/\host`, schemes, control characters).
 */
export function safeNext(wanted: string | null | undefined, fallback: string): string {
  if (!wanted?.startsWith("/")) return fallback;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: browsers drop tabs and line breaks before they read a URL
  if (/[\u0000-\u001f\u007f\\]/.test(wanted)) return fallback;
  const base = "http://portal.invalid";
  const url = URL.canParse(wanted, base) ? new URL(wanted, base) : null;
  if (url?.origin !== base || url.pathname.startsWith("//")) return fallback;
  return url.pathname + url.search + url.hash;
}
