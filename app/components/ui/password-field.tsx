import { type ReactNode, useState } from "react";
import { FieldFrame, type FieldText } from "./field.tsx";

interface PasswordFieldProps extends FieldText {
  name?: string;
  autoComplete: "current-password" | "new-password";
  /** For a new one: characters that it needs and may have. */
  length?: { min: number; max: number };
  aside?: ReactNode;
}

/** A password with a button that shows it. `autoComplete` tells the password manager whether to fill or to make one. */
export function PasswordField({ name = "password", autoComplete, length, ...text }: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  return (
    <FieldFrame {...text}>
      {(control) => (
        <div className="relative">
          <input
            {...control}
            className="control pr-16"
            type={shown ? "text" : "password"}
            name={name}
            autoComplete={autoComplete}
            minLength={length?.min}
            maxLength={length?.max}
            required
            spellCheck={false}
            autoCapitalize="none"
          />
          <button
            type="button"
            aria-pressed={shown}
            aria-label="Show password"
            aria-controls={control.id}
            className="absolute inset-y-1 right-1 rounded-sm px-2 text-[0.867rem] text-mute hover:text-ink"
            onClick={() => setShown(!shown)}
          >
            {shown ? "Hide" : "Show"}
          </button>
        </div>
      )}
    </FieldFrame>
  );
}
