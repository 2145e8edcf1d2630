import { type InputHTMLAttributes, type ReactNode, useId } from "react";

export interface FieldText {
  label: string;
  hint?: ReactNode;
  /** What is wrong with the value, in a sentence; announced and tied to the control. */
  error?: string | null;
}

interface FieldFrameProps extends FieldText {
  children: (control: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode;
  /** Sits at the right end of the label line, e.g. a link. */
  aside?: ReactNode;
  /** The label beside the control, where there is little room. */
  inline?: boolean;
}

/** Label above, control, then error or hint: the one way that a form field is built. */
export function FieldFrame({ label, hint, error, aside, inline = false, children }: FieldFrameProps) {
  const id = useId();
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return (
    <div
      className={
        inline ? "flex flex-wrap items-center justify-between gap-x-3 gap-y-1.5" : "grid grid-cols-1 gap-1.5"
      }
    >
      <div className="flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        {aside}
      </div>
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": error ? true : undefined })}
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-bad text-[0.933rem]">
          {error}
        </p>
      ) : null}
      {hint ? (
        <p id={`${id}-hint`} className="text-mute text-[0.933rem]">
          {hint}
        </p>
      ) : null}
    </div>
  );
}

type TextFieldProps = FieldText & { aside?: ReactNode } & InputHTMLAttributes<HTMLInputElement>;

export function TextField({ label, hint, error, aside, className, ...input }: TextFieldProps) {
  return (
    <FieldFrame label={label} hint={hint} error={error} aside={aside}>
      {(control) => <input {...control} className={`control ${className ?? ""}`} {...input} />}
    </FieldFrame>
  );
}
