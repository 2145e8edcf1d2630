import { DataTable } from "~/components/ui/data-table.tsx";
import type { HubPrice } from "~/lib/api-types.ts";
import { priceTitles, priceWords } from "~/lib/hub-words.ts";

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
