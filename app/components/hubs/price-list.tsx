import { DataTable } from "~/components/ui/data-table.tsx";
import type { HubPrice } from "~/lib/api-types.ts";
import { priceTitles, priceWords } from "~/lib/hub-words.ts";

/** The same in a dialog, where a table would be most of it. */
export function PriceLines({ prices }: { prices: readonly HubPrice[] }) {
  return (
    <ul
      aria-label="What backups cost"
      className="grid gap-1 rounded-md border border-line bg-sunken px-3.5 py-2.5 text-[0.933rem]"
    >
      {prices.map((price) => {
        const { included, beyond } = priceWords(price);
        return (
          <li key={price.meter}>
            {priceTitles[price.meter]}:{" "}
            <span className="text-mute">
              {included} included, then {beyond}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

/** What the bucket of a hub costs: tunnel and host names cost nothing beside the plan. */
export function PriceList({ prices }: { prices: readonly HubPrice[] }) {
  return (
    <DataTable
      caption="What backups cost"
      rows={prices}
      rowKey={({ meter }) => meter}
      columns={[
        { title: "Of the bucket", cell: ({ meter }) => priceTitles[meter] },
        { title: "Included each period", cell: (price) => priceWords(price).included },
        { title: "Above it", cell: (price) => priceWords(price).beyond },
      ]}
    />
  );
}
