/** Green when live, as everywhere; cold when not. A word always stands beside it. */
export function StatusDot({ online, pulsing = false }: { online: boolean; pulsing?: boolean }) {
  return (
    <span
      aria-hidden="true"
      className={`inline-block size-2.5 shrink-0 rounded-full ${online ? "bg-ok" : "bg-cold"} ${online && pulsing ? "pulse-ring" : ""}`}
    />
  );
}
