import { CircleCheck, CircleX } from "lucide-react";
import { Spinner } from "~/components/ui/spinner.tsx";
import { slugWords } from "~/lib/problem-words.ts";
import type { AvailabilityState } from "~/lib/use-availability.ts";

interface SlugVerdictProps {
  availability: AvailabilityState;
  onPick: (slug: string) => void;
}

/** Free or not, why not, and what would be. Read out as it changes. */
export function SlugVerdict({ availability, onPick }: SlugVerdictProps) {
  const suggestions = availability.verdict?.available === false ? availability.verdict.suggestions : [];
  return (
    <div className="grid min-h-7 gap-3">
      <p role="status" className="flex items-center gap-2">
        <VerdictText availability={availability} />
      </p>
      {suggestions.length > 0 ? (
        <fieldset className="flex flex-wrap items-center gap-2">
          <legend className="sr-only">Free names like it</legend>
          {suggestions.map((slug) => (
            <button
              key={slug}
              type="button"
              onClick={() => onPick(slug)}
              className="min-h-9 rounded-md border border-line-strong bg-surface px-2.5 font-mono text-[0.933rem] hover:border-edge hover:bg-sunken"
            >
              {slug}
            </button>
          ))}
        </fieldset>
      ) : null}
    </div>
  );
}

function VerdictText({ availability }: { availability: AvailabilityState }) {
  switch (availability.state) {
    case "empty":
      return null;
    case "checking":
      return (
        <span className="flex items-center gap-2 text-mute">
          <Spinner /> Checking
        </span>
      );
    case "unknown":
      return (
        <span className="text-mute">
          The check does not answer just now. You can claim the name all the same.
        </span>
      );
    case "free":
      return (
        <span className="flex items-center gap-2 text-ok">
          <CircleCheck className="size-4.5 shrink-0" aria-hidden="true" />
          <span>
            <code>{availability.verdict.slug}</code> is free
          </span>
        </span>
      );
    case "refused":
      return (
        <span className="flex items-start gap-2 text-bad">
          <CircleX className="mt-0.5 size-4.5 shrink-0" aria-hidden="true" />
          {slugWords(availability.verdict.reason ?? "", availability.verdict.message)}
        </span>
      );
  }
}
