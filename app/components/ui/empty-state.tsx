import type { ReactNode } from "react";

interface EmptyStateProps {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** What stands where there is nothing yet: says so, and what to do about it. */
export function EmptyState({ title, children, action }: EmptyStateProps) {
  return (
    <div className="grid justify-items-start gap-3 border-t border-line px-4 py-8 first:border-t-0 sm:px-5">
      <div className="max-w-[56ch]">
        <p className="font-medium">{title}</p>
        {children ? <div className="mt-1 text-mute">{children}</div> : null}
      </div>
      {action}
    </div>
  );
}
