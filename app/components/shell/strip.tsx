import { CircleAlert, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "~/lib/class-names.ts";

export const stripLine = "mx-auto flex max-w-6xl items-start gap-2.5 px-4 py-2 text-[0.933rem] sm:px-6";

/** A line under the header that asks for attention, on every page. */
export function Strip({ label, bad, children }: { label: string; bad: boolean; children: ReactNode }) {
  const Icon = bad ? CircleAlert : TriangleAlert;
  return (
    <section
      aria-label={label}
      className={classNames(
        "border-b",
        bad ? "border-bad-line bg-bad-wash" : "border-warn-line bg-warn-wash",
      )}
    >
      <p className={stripLine}>
        <Icon
          className={classNames("mt-0.75 size-4 shrink-0", bad ? "text-bad" : "text-warn")}
          aria-hidden="true"
        />
        <span className="min-w-0 break-words">{children}</span>
      </p>
    </section>
  );
}
