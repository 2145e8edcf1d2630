import type { ReactNode } from "react";
import { classNames } from "~/lib/class-names.ts";

const tones = {
  ok: "border-ok-line bg-ok-wash text-ok",
  quiet: "border-line bg-cold-wash text-cold",
  warn: "border-warn-line bg-warn-wash text-warn",
  bad: "border-bad-line bg-bad-wash text-bad",
} as const;

/** How something stands, in one or two words. */
export function Badge({ tone, children }: { tone: keyof typeof tones; children: ReactNode }) {
  return (
    <span
      className={classNames(
        "inline-flex min-h-7 items-center rounded-full border px-2.5 text-[0.867rem] font-medium whitespace-nowrap",
        tones[tone],
      )}
    >
      {children}
    </span>
  );
}
