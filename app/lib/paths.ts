/**
 * Every address of the portal, in one place. Values that come from people are encoded here, so that a page never
 * builds a URL from strings.
 */
export const paths = {
  home: "/",
  abuse: "/abuse",
  apiDocs: "/api/docs",
  signIn: (next?: string) => withQuery("/sign-in", { next }),
  signUp: "/sign-up",
  signOut: "/sign-out",
  verifyEmail: (query: { sent?: string; next?: string } = {}) => withQuery("/verify-email", query),
  forgotPassword: "/forgot-password",
  theme: "/theme",
  start: "/start",
  device: "/device",
  endpoints: "/endpoints",
  endpoint: (slug: string) => `/endpoints/${encodeURIComponent(slug)}`,
  endpointRequests: (slug: string) => `${paths.endpoint(slug)}/requests`,
  endpointTry: (slug: string) => `${paths.endpoint(slug)}/try`,
  endpointTryRequest: (slug: string) => `${paths.endpoint(slug)}/try/request`,
  endpointKeys: (slug: string) => `${paths.endpoint(slug)}/keys`,
  endpointKey: (slug: string, accessKeyId: string) =>
    `${paths.endpointKeys(slug)}/${encodeURIComponent(accessKeyId)}`,
  endpointDomains: (slug: string) => `${paths.endpoint(slug)}/domains`,
  endpointDomain: (slug: string, domainId: string) =>
    `${paths.endpointDomains(slug)}/${encodeURIComponent(domainId)}`,
  endpointTcp: (slug: string) => `${paths.endpoint(slug)}/tcp`,
  endpointTcpTunnel: (slug: string, tunnelId: string) =>
    `${paths.endpointTcp(slug)}/${encodeURIComponent(tunnelId)}`,
  endpointSettings: (slug: string) => `${paths.endpoint(slug)}/settings`,
  endpointToken: (slug: string) => `${paths.endpoint(slug)}/token`,
  endpointRelease: (slug: string) => `${paths.endpoint(slug)}/release`,
  hubs: "/hubs",
  hub: (hubId: string) => `/hubs/${encodeURIComponent(hubId)}`,
  hubUse: (hubId: string, figure: string) =>
    withQuery(paths.hub(hubId), { use: figure === "size" ? undefined : figure }),
  hubEnable: (hubId: string) => `${paths.hub(hubId)}/enable`,
  hubDisable: (hubId: string) => `${paths.hub(hubId)}/disable`,
  hubSettings: (hubId: string) => `${paths.hub(hubId)}/settings`,
  hubKeys: (hubId: string) => `${paths.hub(hubId)}/keys`,
  hubToken: (hubId: string) => `${paths.hub(hubId)}/token`,
  hubBackupPassword: (hubId: string) => `${paths.hub(hubId)}/backup-password`,
  hubHostnames: (hubId: string) => `${paths.hub(hubId)}/hostnames`,
  hubHostname: (hubId: string, id: string) => `${paths.hubHostnames(hubId)}/${encodeURIComponent(id)}`,
  hubRemove: (hubId: string) => `${paths.hub(hubId)}/remove`,
  license: "/license",
  licenseKey: "/license/key",
  licenseDevice: (devicePk: string) => `/license/devices/${encodeURIComponent(devicePk)}`,
  apiKeys: "/api-keys",
  apiKey: (apiKeyId: string) => `/api-keys/${encodeURIComponent(apiKeyId)}`,
  account: "/account",
  usage: "/usage",
  /** The requests behind one metered line of an invoice: from (included) to (not included), as instants. */
  usageRequestsOf: (line: { from: string; to: string; meter: string }) => withQuery("/usage/requests", line),
  usageStorageOf: (line: { from: string; to: string }) => withQuery("/usage/storage", line),
  usageOfEndpoint: (slug: string) => withQuery("/usage", { by: "model", endpoint: slug }),
  usageOfKey: (slug: string, accessKeyId: string) =>
    withQuery("/usage", { by: "model", endpoint: slug, key: accessKeyId }),
  usageRequests: "/usage/requests",
  usageExport: "/api/usage/export",
  budgets: "/budgets",
  budgetChange: (budgetId: string) => `${withQuery("/budgets", { change: budgetId })}#set`,
  budget: (budgetId: string) => `/budgets/${encodeURIComponent(budgetId)}`,
  billing: "/billing",
  billingCheckout: (plan?: string, seats?: number) =>
    withQuery("/billing/checkout", { plan, seats: seats?.toString() }),
  billingChange: (plan?: string, seats?: number) =>
    withQuery("/billing/change", { plan, seats: seats?.toString() }),
  billingCancel: "/billing/cancel",
  billingResume: "/billing/resume",
  billingPortal: "/billing/portal",
  billingTaxId: (taxId: string) => `/billing/tax-ids/${encodeURIComponent(taxId)}`,
  billingTaxIds: "/billing/tax-ids",
  billingCoupon: "/billing/coupon",
  invoices: "/billing/invoices",
  invoice: (invoiceId: string) => `/billing/invoices/${encodeURIComponent(invoiceId)}`,
  invoicePay: (invoiceId: string) => `${paths.invoice(invoiceId)}/pay`,
} as const;

function withQuery(path: string, query: Record<string, string | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) search.set(name, value);
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}
