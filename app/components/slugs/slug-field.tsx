import { FieldFrame } from "~/components/ui/field.tsx";
import type { AvailabilityState } from "~/lib/use-availability.ts";
import { SlugVerdict } from "./slug-verdict.tsx";

interface SlugFieldProps {
  value: string;
  onChange: (value: string) => void;
  /** What stands before and after the name in the public address. */
  address: { before: string; after: string };
  availability: AvailabilityState;
  /** Refusal of the claim itself; goes away when the name changes. */
  error?: string | null;
}

/** The name inside the address it makes, with what the portal thinks of it. */
export function SlugField({ value, onChange, address, availability, error }: SlugFieldProps) {
  return (
    <div className="grid grid-cols-1 gap-3">
      <FieldFrame
        label="Subdomain"
        error={error}
        hint="3 to 40 letters and digits, hyphens inside. Capital letters become small ones."
      >
        {(control) => (
          <div className="flex min-h-12 items-center rounded-md border border-edge bg-surface px-3 font-mono focus-within:border-hot focus-within:outline-2 focus-within:outline-hot">
            <span className="text-mute max-sm:hidden" aria-hidden="true">
              {address.before}
            </span>
            <input
              {...control}
              name="slug"
              value={value}
              onChange={(event) => onChange(event.target.value)}
              className="min-w-0 flex-1 bg-transparent py-2 font-mono text-[1.067rem] font-medium outline-none placeholder:font-normal sm:field-sizing-content sm:min-w-[4ch] sm:flex-none"
              placeholder="acme"
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={60}
              required
            />
            <span className="truncate text-mute" aria-hidden="true">
              {address.after}
            </span>
          </div>
        )}
      </FieldFrame>
      <SlugVerdict availability={availability} onPick={onChange} />
    </div>
  );
}
