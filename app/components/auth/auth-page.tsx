import type { ReactNode } from "react";
import { Notice } from "~/components/ui/notice.tsx";

interface AuthPageProps {
  title: string;
  lead?: ReactNode;
  /** Why the last try was refused, when that belongs to no single input. */
  problem?: string | null;
  /** Under the sheet: the other way. */
  below?: ReactNode;
  children: ReactNode;
}

/** The quiet pages in front of the door: one form, nothing beside it. */
export function AuthPage({ title, lead, problem, below, children }: AuthPageProps) {
  return (
    <main id="main" className="mx-auto grid w-full max-w-md gap-5 px-4 py-12 sm:py-16">
      <div className="rounded-lg border border-line bg-surface p-5 sm:p-7">
        <h1 className="text-[1.6rem]">{title}</h1>
        {lead ? <div className="mt-2 text-mute">{lead}</div> : null}
        <div className="mt-6 grid gap-5">
          {problem ? (
            <Notice tone="bad" announce>
              {problem}
            </Notice>
          ) : null}
          {children}
        </div>
      </div>
      {below ? <div className="text-center text-mute">{below}</div> : null}
    </main>
  );
}
