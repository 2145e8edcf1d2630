import { classNames } from "~/lib/class-names.ts";

/** Two machines and what is hot between them; together an H. */
export function LogoMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" className={classNames("shrink-0", className)} aria-hidden="true">
      <rect x="2" y="3" width="4.5" height="18" rx="1.5" fill="currentColor" />
      <rect x="17.5" y="3" width="4.5" height="18" rx="1.5" fill="currentColor" />
      <circle cx="12" cy="12" r="3.6" className="fill-hot" />
    </svg>
  );
}

export function Logo() {
  return (
    <span className="inline-flex items-center gap-2 text-ink">
      <LogoMark className="size-6" />
      <span className="text-[1.133rem] font-semibold tracking-[-0.02em]">Hotspot</span>
    </span>
  );
}
