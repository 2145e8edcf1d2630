import { Minus, Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { FieldFrame } from "~/components/ui/field.tsx";

interface SeatsFieldProps {
  initial: number;
  /** As many as are in use; fewer cannot be had. */
  min: number;
  max: number;
  error?: string | null;
  onChange?: (seats: number) => void;
  /** On one line and without the hint, where there is little room. */
  compact?: boolean;
}

/** A number of seats: typed, or stepped by one. */
export function SeatsField({ initial, min, max, error, onChange, compact = false }: SeatsFieldProps) {
  const [text, setText] = useState(String(initial));
  const seats = Math.min(max, Math.max(min, Math.trunc(Number(text)) || min));

  function change(next: string) {
    setText(next);
    const count = Math.trunc(Number(next));
    if (count >= min && count <= max) onChange?.(count);
  }

  return (
    <FieldFrame
      label="Seats"
      error={error}
      hint={compact ? undefined : `One for each person. You use ${min} now.`}
      inline={compact}
    >
      {(control) => (
        <div className="flex w-fit items-center rounded-md border border-edge bg-surface focus-within:border-hot">
          <StepButton
            label="One seat less"
            disabled={seats <= min}
            onPress={() => change(String(Math.max(min, seats - 1)))}
          >
            <Minus className="size-4" aria-hidden="true" />
          </StepButton>
          <input
            {...control}
            name="seats"
            type="number"
            inputMode="numeric"
            required
            min={min}
            max={max}
            value={text}
            onChange={(event) => change(event.target.value)}
            className="min-h-10 w-14 bg-transparent text-center tabular-nums [appearance:textfield] focus-visible:outline-offset-0 [&::-webkit-inner-spin-button]:appearance-none [&::-webkit-outer-spin-button]:appearance-none"
          />
          <StepButton
            label="One seat more"
            disabled={seats >= max}
            onPress={() => change(String(Math.min(max, seats + 1)))}
          >
            <Plus className="size-4" aria-hidden="true" />
          </StepButton>
        </div>
      )}
    </FieldFrame>
  );
}

interface StepButtonProps {
  label: string;
  disabled: boolean;
  onPress: () => void;
  children: ReactNode;
}

function StepButton({ label, disabled, onPress, children }: StepButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      disabled={disabled}
      onClick={onPress}
      className="grid size-10 place-items-center rounded-md text-mute hover:bg-sunken hover:text-ink disabled:opacity-40"
    >
      {children}
    </button>
  );
}
