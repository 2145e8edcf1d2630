import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { classNames } from "~/lib/class-names.ts";

interface CopyButtonProps {
  text: string;
  /** What is copied, for the name of the button: `Copy public URL`. */
  what: string;
  /** On the dark ground of a terminal. */
  onTerminal?: boolean;
  withLabel?: boolean;
}

/** Copies `text`; says so for two seconds, or that the browser refused. */
export function CopyButton({ text, what, onTerminal = false, withLabel = false }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<"none" | "copied" | "refused">("none");

  useEffect(() => {
    if (outcome === "none") return;
    const timer = setTimeout(() => setOutcome("none"), 2_000);
    return () => clearTimeout(timer);
  }, [outcome]);

  async function copy() {
    setOutcome(await writeClipboard(text));
  }

  const Icon = outcome === "copied" ? Check : Copy;
  const said = outcome === "copied" ? "Copied" : outcome === "refused" ? "Press Ctrl+C to copy" : "";
  return (
    <button
      type="button"
      onClick={copy}
      aria-label={`Copy ${what}`}
      className={classNames(
        "inline-flex min-h-8 min-w-8 shrink-0 items-center justify-center gap-1.5 rounded-sm px-2 text-[0.867rem]",
        onTerminal ? "text-term-mute hover:text-term-ink" : "text-mute hover:bg-sunken hover:text-ink",
      )}
    >
      <Icon className="size-4" aria-hidden="true" />
      <span role="status" className={withLabel || said ? undefined : "sr-only"}>
        {said || (withLabel ? "Copy" : "")}
      </span>
    </button>
  );
}

/** The clipboard is absent on plain http other than localhost, and a person may have refused it. */
async function writeClipboard(text: string): Promise<"copied" | "refused"> {
  try {
    await navigator.clipboard.writeText(text);
    return "copied";
  } catch {
    return "refused";
  }
}
