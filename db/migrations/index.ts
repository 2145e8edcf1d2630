import type { Migration } from "kysely/migration";
import * as accounts from "./2026-11-20-1-accounts.ts";
import * as endpoints from "./2026-11-20-2-endpoints.ts";
import * as records from "./2026-11-20-3-records.ts";
import * as billing from "./2026-11-21-1-billing.ts";
import * as meterPeriods from "./2026-11-21-2-meter-periods.ts";
import * as journal from "./2026-11-21-3-journal.ts";
import * as billingOrders from "./2026-11-21-4-billing-orders.ts";
import * as dunning from "./2026-11-21-5-dunning.ts";
import * as forwarded from "./2026-11-21-6-forwarded.ts";
import * as usageDaily from "./2026-11-21-7-usage-daily.ts";
import * as usageMonthly from "./2026-11-21-8-usage-monthly.ts";
import * as meterWindows from "./2026-11-21-9-meter-windows.ts";
import * as meterPeriodInvoice from "./2026-11-22-1-meter-period-invoice.ts";
import * as tcpTunnels from "./2026-11-23-1-tcp-tunnels.ts";
import * as customDomains from "./2026-11-23-2-custom-domains.ts";
import * as tunnelTime from "./2026-11-23-3-tunnel-time.ts";
import * as requestLogIndex from "./2026-11-23-9-request-log-index.ts";
import * as hubs from "./2026-11-24-1-hubs.ts";
import * as tenantKeys from "./2026-11-24-2-tenant-keys.ts";
import * as hubWork from "./2026-11-24-3-hub-work.ts";
import * as storageMeters from "./2026-11-24-4-storage-meters.ts";
import * as requestBlocks from "./2026-11-25-1-request-blocks.ts";

/** Every migration under the name that Postgres remembers. Listed, not read from disk, so that a bundle carries them. */
export const migrations: Record<string, Migration> = {
  "2026-11-20-1-accounts": accounts,
  "2026-11-20-2-endpoints": endpoints,
  "2026-11-20-3-records": records,
  "2026-11-21-1-billing": billing,
  "2026-11-21-2-meter-periods": meterPeriods,
  "2026-11-21-3-journal": journal,
  "2026-11-21-4-billing-orders": billingOrders,
  "2026-11-21-5-dunning": dunning,
  "2026-11-21-6-forwarded": forwarded,
  "2026-11-21-7-usage-daily": usageDaily,
  "2026-11-21-8-usage-monthly": usageMonthly,
  "2026-11-21-9-meter-windows": meterWindows,
  "2026-11-22-1-meter-period-invoice": meterPeriodInvoice,
  "2026-11-23-2-custom-domains": customDomains,
  "2026-11-23-1-tcp-tunnels": tcpTunnels,
  "2026-11-23-3-tunnel-time": tunnelTime,
  "2026-11-23-9-request-log-index": requestLogIndex,
  "2026-11-24-1-hubs": hubs,
  "2026-11-24-2-tenant-keys": tenantKeys,
  "2026-11-24-4-storage-meters": storageMeters,
  "2026-11-24-3-hub-work": hubWork,
  "2026-11-25-1-request-blocks": requestBlocks,
};
