import type { ReactNode } from "react";
import { CopyButton } from "./copy-button.tsx";

interface TerminalProps {
  /** What the frame is called, e.g. `your machine`. */
  title: string;
  /** With it there is a copy button for exactly this text. */
  copy?: string;
  children: ReactNode;
}

/** The frame of things that are typed or printed. Dark in both themes. */
export function Terminal({ title, copy, children }: TerminalProps) {
  return (
    <figure className="overflow-hidden rounded-lg border border-term-line bg-term text-term-ink">
      <figcaption className="flex min-h-10 items-center justify-between gap-3 border-b border-term-line py-1 pr-1.5 pl-4 font-mono text-[0.8rem] text-term-mute">
        <span className="truncate">{title}</span>
        {copy ? <CopyButton text={copy} what="command" onTerminal withLabel /> : null}
      </figcaption>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label={title}
        className="overflow-x-auto px-4 py-3.5 font-mono text-[0.867rem] leading-relaxed"
      >
        {children}
      </section>
    </figure>
  );
}

interface CommandProps {
  title: string;
  command: string;
  /** False for code that is no shell line. */
  prompt?: boolean;
}

/** A command to run: wraps at spaces, so that all of it can be read on a phone. */
export function Command({ title, command, prompt = true }: CommandProps) {
  return (
    <Terminal title={title} copy={command}>
      <pre className="whitespace-pre-wrap break-words">
        {prompt ? (
          <span className="text-term-mute select-none" aria-hidden="true">
            ${" "}
          </span>
        ) : null}
        {command}
      </pre>
    </Terminal>
  );
}
