import { classNames } from "~/lib/class-names.ts";

interface SwitchButtonProps {
  on: boolean;
  label: string;
  /** Submitted with its form; the value is what the switch changes to. */
  name?: string;
  disabled?: boolean;
  /** Instead of submitting: for what asks in a dialog first. */
  onPress?: () => void;
}

/**
 * A switch that submits its form, so that it works before scripts have loaded. (The radix switch renders a hidden input
 * with an inline style on the server, which our content security policy refuses.)
 */
export function SwitchButton({ on, label, name, disabled, onPress }: SwitchButtonProps) {
  return (
    <button
      type={onPress ? "button" : "submit"}
      onClick={onPress}
      role="switch"
      aria-checked={on}
      aria-label={label}
      name={name}
      value={on ? "off" : "on"}
      disabled={disabled}
      className={classNames(
        "relative h-6 w-11 shrink-0 rounded-full border transition-colors disabled:opacity-60",
        on ? "border-transparent bg-ink" : "border-edge bg-sunken",
      )}
    >
      <span
        aria-hidden="true"
        className={classNames(
          "absolute top-0.5 left-0.5 size-4.5 rounded-full transition-transform",
          on ? "translate-x-5 bg-bg" : "bg-edge",
        )}
      />
    </button>
  );
}
