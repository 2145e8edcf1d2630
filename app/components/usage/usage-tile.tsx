import type { ReactNode } from "react";
import { classNames } from "~/lib/class-names.ts";

interface UsageTileProps {
  title: string;
  value: ReactNode;
  /** Beside the title, e.g. a percentage. */
  aside?: ReactNode;
  /** Of what is included, 0..1; null: nothing to compare with. */
  share?: number | null;
  /** The bar is near a limit that stops. */
  near?: boolean;
  children?: ReactNode;
}

/** One number that matters, with what it is measured by. */
export function UsageTile({ title, value, aside, share = null, near = false, children }: UsageTileProps) {
  return (
    <div className="flex min-w-0 flex-col gap-2 rounded-lg border border-line bg-surface p-4 sm:p-5">
      <dt className="flex items-baseline justify-between gap-3 text-[0.933rem] text-mute">
        <span>{title}</span>
        <span className="tabular-nums">{aside}</span>
      </dt>
      <dd className="flex grow flex-col gap-2">
        <span className="text-[1.733rem] leading-tight font-semibold tracking-[-0.025em] break-words tabular-nums max-sm:text-[1.4rem]">
          {value}
        </span>
        {share === null ? null : (
          <svg className="block h-1.5 w-full" aria-hidden="true">
            <rect width="100%" height="100%" rx="3" className="fill-sunken" />
            {share > 0 ? (
              <rect
                width={`${Math.min(100, Math.max(1.5, share * 100))}%`}
                height="100%"
                rx="3"
                className={classNames(near ? "fill-warn" : "fill-chart-1")}
              />
            ) : null}
          </svg>
        )}
        <span className="text-[0.933rem] text-mute">{children}</span>
      </dd>
    </div>
  );
}
