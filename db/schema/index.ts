import type { AuthTables } from "./auth.ts";
import type {
  BillingIncidentsTable,
  BillingNoticesTable,
  BillingOrdersTable,
  BudgetAlertsTable,
  BudgetsTable,
  InvoicesTable,
  MeterPeriodsTable,
  MeterPushesTable,
  StripeEventsTable,
  SubscriptionsTable,
} from "./billing.ts";
import type {
  AcmeAccountsTable,
  AcmeChallengesTable,
  CertificatesTable,
  CustomDomainsTable,
} from "./domains.ts";
import type { ConnectorsTable, EndpointsTable, ReleasedNamesTable } from "./endpoints.ts";
import type {
  HubBucketDaysTable,
  HubBucketsTable,
  HubEventsTable,
  HubHostnamesTable,
  HubKeysTable,
  HubSnapshotsTable,
  HubsTable,
} from "./hubs.ts";
import type { AccessKeysTable, ApiKeysTable } from "./keys.ts";
import type {
  AbuseReportsTable,
  AuditLogTable,
  RateLimitsTable,
  RequestBlocksTable,
  RequestsTable,
} from "./records.ts";
import type { TcpRangesTable, TcpTunnelsTable } from "./tcp.ts";
import type { DevicesTable, LicensesTable, TenantSettingsTable } from "./tenants.ts";
import type {
  UsageAdjustmentsTable,
  UsageBatchesTable,
  UsageDailyTable,
  UsageDamageTable,
  UsageHourlyTable,
  UsageJournalsTable,
  UsageMonthlyTable,
} from "./usage.ts";
import type { TenantKeysTable } from "./vault.ts";

/** Every table, spelled as in Postgres. */
export interface Database extends AuthTables {
  tenant_settings: TenantSettingsTable;
  licenses: LicensesTable;
  devices: DevicesTable;
  endpoints: EndpointsTable;
  released_names: ReleasedNamesTable;
  connectors: ConnectorsTable;
  tcp_ranges: TcpRangesTable;
  tcp_tunnels: TcpTunnelsTable;
  access_keys: AccessKeysTable;
  api_keys: ApiKeysTable;
  requests: RequestsTable;
  request_blocks: RequestBlocksTable;
  /** A view of both as rows. Nothing but ids of endpoints is found by an index: it is for checks, not for pages. */
  request_log: RequestsTable;
  audit_log: AuditLogTable;
  abuse_reports: AbuseReportsTable;
  rate_limits: RateLimitsTable;
  subscriptions: SubscriptionsTable;
  invoices: InvoicesTable;
  stripe_events: StripeEventsTable;
  billing_incidents: BillingIncidentsTable;
  billing_notices: BillingNoticesTable;
  billing_orders: BillingOrdersTable;
  usage_journals: UsageJournalsTable;
  usage_batches: UsageBatchesTable;
  usage_damage: UsageDamageTable;
  usage_hourly: UsageHourlyTable;
  usage_daily: UsageDailyTable;
  usage_monthly: UsageMonthlyTable;
  usage_adjustments: UsageAdjustmentsTable;
  meter_periods: MeterPeriodsTable;
  meter_pushes: MeterPushesTable;
  budgets: BudgetsTable;
  budget_alerts: BudgetAlertsTable;
  custom_domains: CustomDomainsTable;
  certificates: CertificatesTable;
  acme_challenges: AcmeChallengesTable;
  acme_accounts: AcmeAccountsTable;
  hub_buckets: HubBucketsTable;
  hubs: HubsTable;
  hub_hostnames: HubHostnamesTable;
  hub_keys: HubKeysTable;
  hub_events: HubEventsTable;
  hub_snapshots: HubSnapshotsTable;
  hub_bucket_days: HubBucketDaysTable;
  tenant_keys: TenantKeysTable;
}

export type * from "./auth.ts";
export type * from "./billing.ts";
export * from "./columns.ts";
export type * from "./domains.ts";
export type * from "./endpoints.ts";
export type * from "./hubs.ts";
export type * from "./keys.ts";
export type * from "./records.ts";
export type * from "./tcp.ts";
export type * from "./tenants.ts";
export type * from "./usage.ts";
export type * from "./vault.ts";
