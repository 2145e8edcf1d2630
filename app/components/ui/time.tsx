import { formatInstant, formatRelative } from "~/lib/time.ts";
import { useNow } from "~/lib/use-now.ts";

/**
 * An instant. The server writes it out in UTC (it does not know the reader's clock); the browser then says how long ago,
 * and keeps the full instant as the title.
 */
export function Time({ at }: { at: Date | string }) {
  const now = useNow();
  const instant = formatInstant(at);
  return (
    <time dateTime={new Date(at).toISOString()} title={instant} className="whitespace-nowrap">
      {now === null ? instant : formatRelative(at, now)}
    </time>
  );
}
