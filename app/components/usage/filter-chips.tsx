import { Link } from "@remix-run/react";
import { X } from "lucide-react";
import { type UsageQuery, usageSearch } from "~/lib/usage-query.ts";

interface FilterChipsProps {
  query: UsageQuery;
  /** Address of the page, without its query. */
  page: string;
  /** What the key is called; null: its id must do. */
  keyName: string | null;
}

/** What the page is narrowed to; each can be taken off. */
export function FilterChips({ query, page, keyName }: FilterChipsProps) {
  const none = (value: string, word: string) => (value === "(none)" ? word : value);
  const chips = [
    query.slug && { what: "endpoint", name: query.slug, without: { ...query, slug: undefined } },
    query.accessKeyId && {
      what: "key",
      name: keyName ?? none(query.accessKeyId, "none"),
      without: { ...query, accessKeyId: undefined },
    },
    query.model && {
      what: "model",
      name: none(query.model, "none"),
      without: { ...query, model: undefined },
    },
  ].filter((chip) => typeof chip === "object");
  if (chips.length === 0) return null;
  return (
    <ul aria-label="Filters" className="flex flex-wrap gap-2">
      {chips.map(({ what, name, without }) => (
        <li key={what}>
          <Link
            to={page + usageSearch(without)}
            preventScrollReset
            className="inline-flex min-h-8 max-w-full items-center gap-2 rounded-full border border-line-strong bg-surface px-3 text-[0.867rem] hover:border-edge"
          >
            <span className="min-w-0 break-all">
              <span className="text-mute">{what}</span> {name}
            </span>
            <X className="size-3.5 shrink-0 text-mute" aria-hidden="true" />
            <span className="sr-only">take off</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
