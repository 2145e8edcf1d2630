const byteUnits = ["B", "KB", "MB", "GB", "TB"] as const;

/** Bytes as people read them: decimal units, at most one decimal. `1 536` gives `1.5 KB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return "–";
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = unit === 0 || value >= 100 ? Math.round(value).toString() : trimZero(value.toFixed(1));
  return `${text} ${byteUnits[unit]}`;
}

/** Milliseconds as people read them: `0.4 ms`, `38 ms`, `1.2 s`, `2 min 05 s`. */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) return "–";
  if (milliseconds < 1) return `${trimZero(milliseconds.toFixed(1))} ms`;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${trimZero(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
}

/** Whole numbers with thin groups of three, the same on server and browser: `12 345`. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** `1 device`, `2 devices`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Large round numbers as people say them: `250 000`, `2 million`, `1.5 million`, `3 billion`. */
export function formatLarge(count: number): string {
  for (const [size, word] of largeWords) {
    if (count >= size) return `${trimZeros((Math.floor((count / size) * 100) / 100).toFixed(2))} ${word}`;
  }
  return formatCount(count);
}

const largeWords = [
  [1e9, "billion"],
  [1e6, "million"],
] as const;

/**
 * An amount of money as it stands on an invoice, always with its cents: `$1 234.50`, `−$3.00`.
 *
 * @param cents whole cents, or the smallest unit of a currency with two decimals
 */
export function formatMoney(cents: number, currency = "usd"): string {
  const whole = Math.round(Math.abs(cents));
  const amount = `${formatCount(Math.floor(whole / 100))}.${pad(whole % 100)}`;
  const sign = cents < 0 && whole > 0 ? "\u2212" : "";
  return currency.toLowerCase() === "usd"
    ? `${sign}$${amount}`
    : `${sign}${amount}\u00a0${currency.toUpperCase()}`;
}

/** A price in US dollars, as short as it can be said: `$19`, `$0.40`, `$0.002`. */
export function formatPrice(cents: number): string {
  if (Number.isInteger(cents)) return formatMoney(cents).replace(/\.00$/, "");
  return `$${trimZeros((cents / 100).toFixed(6))}`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The day of an instant, in UTC as invoices have it, so that server and browser agree: `21 Nov 2026`. */
export function formatDay(at: Date | string): string {
  const day = new Date(at);
  return `${day.getUTCDate()}\u00a0${months[day.getUTCMonth()]}\u00a0${day.getUTCFullYear()}`;
}

/** A billing period whose end belongs to the next one: `21 Nov to 21 Dec 2026`. */
export function formatPeriod(start: Date | string, end: Date | string): string {
  const [from, to] = [formatDay(start), formatDay(end)];
  const year = from.slice(-5);
  return to.endsWith(year) ? `${from.slice(0, -5)} to ${to}` : `${from} to ${to}`;
}

/** `1.50` gives `1.5`, `2.00` gives `2`. */
function trimZeros(text: string): string {
  return text.replace(/\.?0+$/, "");
}

function trimZero(text: string): string {
  return text.endsWith(".0") ? text.slice(0, -2) : text;
}

function pad(value: number): string {
  return value.toString().padStart(2, "0");
}
