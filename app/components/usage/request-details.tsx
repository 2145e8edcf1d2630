import { Facts } from "~/components/ui/facts.tsx";
import type { UsageRequest } from "~/lib/api-types.ts";
import { formatBytes, formatCount, formatDuration } from "~/lib/format.ts";
import { timingParts } from "~/lib/request-timing.ts";
import { formatInstant } from "~/lib/time.ts";
import { apiKindWords, sourceWords } from "~/lib/usage-words.ts";

/** Everything that is kept of a request, in words. */
export function RequestDetails({ request }: { request: UsageRequest }) {
  const count = (value: number | null) => (value === null ? "–" : formatCount(value));
  const isModel = request.apiKind !== null;
  return (
    <div className="grid gap-4 border-l-2 border-hot-line bg-sunken px-4 py-4 sm:px-5">
      <Facts
        facts={[
          { term: "Began", text: formatInstant(request.startedAt) },
          { term: "Took", text: formatDuration(request.durationMs) },
          ...timingParts(request.timing).map(({ word, milliseconds }) => ({
            term: word[0]?.toUpperCase() + word.slice(1),
            text: formatDuration(milliseconds),
          })),
          { term: "Body in", text: formatBytes(request.bytesIn) },
          { term: "Body out", text: formatBytes(request.bytesOut) },
          { term: "From", text: <code className="break-all">{request.clientAddress}</code> },
          { term: "Request id", text: <code className="break-all">{request.id}</code> },
        ]}
      />
      {isModel ? (
        <Facts
          facts={[
            { term: "Interface", text: apiKindWords(request.apiKind ?? "") },
            { term: "Model", text: request.model ?? "not named" },
            { term: "Tokens in", text: count(request.inputTokens) },
            { term: "of them cached", text: count(request.cachedTokens) },
            { term: "Tokens out", text: count(request.outputTokens) },
            { term: "of them reasoning", text: count(request.reasoningTokens) },
            ...(request.finishReason ? [{ term: "Ended with", text: request.finishReason }] : []),
          ]}
        />
      ) : null}
      <p className="max-w-[70ch] text-[0.933rem] text-mute">
        {request.errorCode ? (
          <>
            Ended with <code className="text-bad">{request.errorCode}</code>.{" "}
          </>
        ) : null}
        {sourceWords(request)}
      </p>
    </div>
  );
}
