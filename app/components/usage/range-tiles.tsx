import type { UsageFigures } from "~/lib/api-types.ts";
import { formatBytes, formatCount, formatDuration, formatLarge } from "~/lib/format.ts";
import { UsageTile } from "./usage-tile.tsx";

/** The sums of any range, which is no billing period and has no cost of its own. */
export function RangeTiles({ figures }: { figures: UsageFigures }) {
  const { requests, errors, bytesIn, bytesOut, inputTokens, outputTokens, estimatedTokens, connectionMs } =
    figures;
  return (
    <dl className="grid grid-cols-1 gap-3 min-[440px]:grid-cols-2 sm:gap-5 lg:grid-cols-4">
      <UsageTile title="Requests" value={formatCount(requests)}>
        {errors === 0 ? "none with an error" : `${formatCount(errors)} with an error`}
      </UsageTile>
      <UsageTile title="Data" value={formatBytes(bytesIn + bytesOut)}>
        {formatBytes(bytesIn)} in, {formatBytes(bytesOut)} out
      </UsageTile>
      <UsageTile title="LLM tokens" value={formatCount(inputTokens + outputTokens)}>
        {formatLarge(inputTokens)} in, {formatLarge(outputTokens)} out
        {estimatedTokens > 0 ? `, ${formatLarge(estimatedTokens)} estimated` : ""}
      </UsageTile>
      <UsageTile title="Time of requests" value={formatDuration(connectionMs)}>
        {requests === 0 ? "" : `${formatDuration(connectionMs / requests)} each on average`}
      </UsageTile>
    </dl>
  );
}
