import { Link, type LinkProps } from "@remix-run/react";
import { type ButtonHTMLAttributes, forwardRef } from "react";
import { classNames } from "~/lib/class-names.ts";
import { Spinner } from "./spinner.tsx";

/** `hot` is kept for what makes something public or sends a real request; `primary` is every other main action. */
type ButtonLook = "primary" | "hot" | "quiet" | "plain" | "danger";
type ButtonSize = "md" | "sm" | "lg";

const looks: Record<ButtonLook, string> = {
  primary: "bg-ink text-bg border-transparent hover:opacity-85",
  hot: "bg-hot text-on-hot border-transparent hover:opacity-90",
  quiet: "bg-surface text-ink border-line-strong hover:border-edge hover:bg-sunken",
  plain: "bg-transparent text-mute border-transparent hover:text-ink hover:bg-sunken",
  danger: "bg-bad-fill text-on-bad border-transparent hover:opacity-90",
};

const sizes: Record<ButtonSize, string> = {
  sm: "min-h-8 px-2.5 text-[0.867rem] gap-1.5",
  md: "min-h-10 px-3.5 gap-2",
  lg: "min-h-12 px-5 text-[1.067rem] gap-2",
};

function buttonClass(look: ButtonLook, size: ButtonSize, className?: string): string {
  return classNames(
    "inline-flex items-center justify-center rounded-md border font-medium whitespace-nowrap select-none",
    "transition-[opacity,background-color,border-color] duration-150 disabled:opacity-50 disabled:cursor-not-allowed",
    looks[look],
    sizes[size],
    className,
  );
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: ButtonLook;
  size?: ButtonSize;
  /** Shows a spinner and takes no second press; the label stays, so the button keeps its width and its name. */
  busy?: boolean;
}

export const Button = forwardRef<HTMLButtonElement, ButtonProps>(function Button(
  { look = "primary", size = "md", busy = false, className, children, disabled, type = "button", ...rest },
  ref,
) {
  return (
    <button
      ref={ref}
      type={type}
      className={buttonClass(look, size, className)}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy ? <Spinner /> : null}
      {children}
    </button>
  );
});

interface ButtonLinkProps extends LinkProps {
  look?: ButtonLook;
  size?: ButtonSize;
}

export function ButtonLink({ look = "primary", size = "md", className, ...rest }: ButtonLinkProps) {
  return <Link className={buttonClass(look, size, className)} {...rest} />;
}
