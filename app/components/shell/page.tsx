import type { ReactNode } from "react";
import { classNames } from "~/lib/class-names.ts";

interface PageProps {
  title: ReactNode;
  lead?: ReactNode;
  /** Buttons beside the title. */
  actions?: ReactNode;
  narrow?: boolean;
  children: ReactNode;
}

/** A signed-in page: title line, then its panels one under the other. */
export function Page({ title, lead, actions, narrow = false, children }: PageProps) {
  return (
    <main
      id="main"
      className={classNames("mx-auto w-full px-4 py-8 sm:px-6", narrow ? "max-w-3xl" : "max-w-6xl")}
    >
      <div className="flex flex-wrap items-end justify-between gap-4">
        <div className="min-w-0">
          <h1 className="text-[1.733rem]">{title}</h1>
          {lead ? <p className="mt-1.5 max-w-[65ch] text-mute">{lead}</p> : null}
        </div>
        {actions}
      </div>
      <div className="mt-6 grid gap-5 [&>*]:min-w-0">{children}</div>
    </main>
  );
}
