import { Link } from "@remix-run/react";
import { classNames } from "~/lib/class-names.ts";

interface ChoiceLinksProps<Value extends string> {
  /** What is chosen, e.g. `Period`. */
  label: string;
  choices: readonly { value: Value; title: string; to: string }[];
  current: Value | null;
}

/** A few views of the same thing, each with an address; the current one stands out. */
export function ChoiceLinks<Value extends string>({ label, choices, current }: ChoiceLinksProps<Value>) {
  return (
    <nav
      aria-label={label}
      className="max-w-full overflow-x-auto rounded-md border border-line bg-sunken p-0.5"
    >
      <ul className="flex w-max gap-0.5">
        {choices.map(({ value, title, to }) => (
          <li key={value}>
            <Link
              to={to}
              preventScrollReset
              aria-current={value === current ? "true" : undefined}
              className={classNames(
                "flex min-h-8 items-center rounded-sm px-2.5 text-[0.867rem] whitespace-nowrap focus-visible:-outline-offset-2",
                value === current
                  ? "bg-surface text-ink shadow-[0_0_0_1px_var(--line)]"
                  : "text-mute hover:text-ink",
              )}
            >
              {title}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
