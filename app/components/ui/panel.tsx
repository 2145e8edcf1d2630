import type { ReactNode } from "react";
import { classNames } from "~/lib/class-names.ts";

interface PanelProps {
  title?: ReactNode;
  /** One sentence under the title. */
  lead?: ReactNode;
  /** Buttons at the right end of the title line. */
  actions?: ReactNode;
  /** Without padding, for tables that run to the edge. */
  flush?: boolean;
  id?: string;
  children: ReactNode;
}

/** A titled sheet. Pages are made of these, one subject each. */
export function Panel({ title, lead, actions, flush = false, id, children }: PanelProps) {
  return (
    <section
      id={id}
      aria-labelledby={title && id ? `${id}-title` : undefined}
      className="overflow-hidden rounded-lg border border-line bg-surface"
    >
      {title ? (
        <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 pt-4 sm:px-5">
          <div className="min-w-0">
            <h2 id={id ? `${id}-title` : undefined} className="text-[1.133rem]">
              {title}
            </h2>
            {lead ? <p className="mt-1 max-w-[65ch] text-mute">{lead}</p> : null}
          </div>
          {actions}
        </div>
      ) : null}
      <div className={classNames(flush ? "mt-3" : "p-4 sm:p-5", title && !flush ? "pt-3 sm:pt-4" : null)}>
        {children}
      </div>
    </section>
  );
}
