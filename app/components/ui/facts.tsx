import type { ReactNode } from "react";

interface Fact {
  term: string;
  text: ReactNode;
}

/** A few facts side by side, each under its name. */
export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className="grid grid-cols-2 gap-x-8 gap-y-4 sm:flex sm:flex-wrap sm:gap-x-12">
      {facts.map((fact) => (
        <div key={fact.term} className="min-w-0">
          <dt className="text-[0.867rem] text-mute">{fact.term}</dt>
          <dd className="break-words">{fact.text}</dd>
        </div>
      ))}
    </dl>
  );
}
