import type { ApiOutputs } from "./trpc.ts";

/** What pages show, under the names of the house; each is read from the router's answer. */
export type Endpoint = ApiOutputs["endpoints"]["list"]["endpoints"][number];
export type EndpointDetail = ApiOutputs["endpoints"]["get"];
export type EndpointStatus = Endpoint["status"];
export type Connector = EndpointDetail["connectors"][number];
export type Availability = ApiOutputs["endpoints"]["availability"];
export type RequestPage = ApiOutputs["requests"]["list"];
export type LoggedRequest = RequestPage["requests"][number];
export type AccessKey = ApiOutputs["accessKeys"]["list"]["accessKeys"][number];
export type ApiKey = ApiOutputs["apiKeys"]["list"]["apiKeys"][number];
export type License = ApiOutputs["licenses"]["get"];
export type Device = License["devices"][number];
export type Billing = ApiOutputs["billing"]["get"];
export type Subscription = NonNullable<Billing["subscription"]>;
export type PaymentMethod = NonNullable<Subscription["paymentMethod"]>;
export type TaxId = Billing["taxIds"][number];
export type ChangePreview = ApiOutputs["billing"]["previewChange"];
export type InvoiceSummary = ApiOutputs["billing"]["invoices"]["invoices"][number];
export type Invoice = ApiOutputs["billing"]["invoice"];
export type InvoiceLine = Invoice["lines"][number];
export type CurrentUsage = ApiOutputs["usage"]["current"];
