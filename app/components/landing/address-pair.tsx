/** The product in one line: a cold private address, and the hot public one that stands for it. */
export function AddressPair({ local, shared }: { local: string; shared: string }) {
  return (
    <p className="inline-grid max-w-full grid-cols-[auto_1fr] items-center gap-x-3 font-mono text-[0.933rem]">
      <span className="sr-only">For example </span>
      <span aria-hidden="true" className="size-2.5 rounded-full bg-cold" />
      <span className="truncate text-cold">{local}</span>
      <span className="sr-only"> becomes </span>
      <span aria-hidden="true" className="h-5 w-px justify-self-center bg-line-strong" />
      <span aria-hidden="true" />
      <span aria-hidden="true" className="size-2.5 rounded-full bg-hot pulse-ring" />
      <span className="font-medium break-all text-hot-ink">{shared}</span>
    </p>
  );
}
