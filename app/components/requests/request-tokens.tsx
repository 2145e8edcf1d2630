import type { LoggedRequest } from "~/lib/api-types.ts";
import { formatCount } from "~/lib/format.ts";

/** Model and tokens of a request to a model: `llama3 · 12 in, 340 out`. Estimated counts have a `~`. */
export function RequestTokens({ tokens }: { tokens: LoggedRequest["tokens"] }) {
  if (tokens === null) return null;
  const { model, input, output, source, status } = tokens;
  const about = source === "estimated" ? "~" : "";
  const counts =
    source === "none"
      ? "tokens unknown"
      : `${about}${formatCount(input)} in, ${about}${formatCount(output)} out`;
  const parts = [model, counts, status === "partial" ? "ended early" : null].filter((part) => part !== null);
  return (
    <span
      className="block text-[0.867rem] break-all text-mute"
      title={source === "estimated" ? "Estimated: the server did not say" : undefined}
    >
      {parts.join(" · ")}
    </span>
  );
}
