import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "~/lib/class-names.ts";

interface StepProps {
  number: number;
  title: string;
  state: "done" | "current" | "later";
  /** What a done step came to, in its title line. */
  result?: ReactNode;
  children?: ReactNode;
}

/** One of the steps of the first run. A later step shows its title only, so that the way ahead is known. */
export function Step({ number, title, state, result, children }: StepProps) {
  return (
    <li
      aria-current={state === "current" ? "step" : undefined}
      className="grid grid-cols-[2rem_minmax(0,1fr)] gap-x-3 sm:gap-x-4"
    >
      <span
        aria-hidden="true"
        className={classNames(
          "grid size-8 place-items-center rounded-full border font-mono text-[0.933rem]",
          state === "done" && "border-transparent bg-ok-wash text-ok",
          state === "current" && "border-hot text-hot-ink",
          state === "later" && "border-line-strong text-faint",
        )}
      >
        {state === "done" ? <Check className="size-4" /> : number}
      </span>
      <div className="min-w-0 pb-8">
        <div className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1">
          <h2 className={classNames("text-[1.2rem]", state === "later" && "text-faint")}>{title}</h2>
          {result}
        </div>
        {children ? <div className="mt-4 grid gap-5 [&>*]:min-w-0">{children}</div> : null}
      </div>
    </li>
  );
}
