import { Link } from "@remix-run/react";
import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "~/lib/class-names.ts";

interface PageProps {
  title: ReactNode;
  lead?: ReactNode;
  /** Buttons beside the title. */
  actions?: ReactNode;
  /** The page that this one belongs to, for the way back. */
  parent?: { to: string; title: string };
  narrow?: boolean;
  children: ReactNode;
}

/** A signed-in page: title line, then its panels one under the other. */
export function Page({ title, lead, actions, parent, narrow = false, children }: PageProps) {
  return (
    <main
      id="main"
      className={classNames(
        "mx-auto w-full px-4 pb-8 sm:px-6",
        parent ? "pt-4" : "pt-8",
        narrow ? "max-w-3xl" : "max-w-6xl",
      )}
    >
      {parent ? (
        <Link
          to={parent.to}
          className="mb-2 -ml-1 inline-flex min-h-8 items-center gap-1.5 rounded-sm px-1 text-[0.933rem] text-mute hover:text-ink"
        >
          <ArrowLeft className="size-4" aria-hidden="true" />
          {parent.title}
        </Link>
      ) : null}
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
