const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** An instant written the same way everywhere, so that server and browser agree: `2026-11-20 14:03 UTC`. */
export function formatInstant(at: Date | string): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** How long ago (or how far ahead) `at` is from `now`, in one unit: `just now`, `12 s ago`, `in 6 days`. */
export function formatRelative(at: Date | string, now: number): string {
  const distance = now - new Date(at).getTime();
  const size = Math.abs(distance);
  if (size < 5_000) return "just now";
  const text = span(size);
  return distance > 0 ? `${text} ago` : `in ${text}`;
}

function span(size: number): string {
  if (size < minute) return `${Math.floor(size / 1000)} s`;
  if (size < hour) return `${Math.floor(size / minute)} min`;
  if (size < day) return `${Math.floor(size / hour)} h`;
  const days = Math.floor(size / day);
  if (days < 60) return days === 1 ? "1 day" : `${days} days`;
  return `${Math.floor(days / 30)} months`;
}
