import type { ReactNode } from "react";

/** What stands in a panel of a hub as long as it has nothing to show: shorter than a page's empty state, as there are several. */
export function NothingYet({ title, children }: { title: string; children: ReactNode }) {
  return (
    <p className="max-w-[70ch] px-4 pb-4 text-mute sm:px-5">
      <span className="text-ink">{title}.</span> {children}
    </p>
  );
}
