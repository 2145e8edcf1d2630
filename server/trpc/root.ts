import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { createCallerFactory, router } from "./init.ts";
import { abuseRouter } from "./routers/abuse.ts";
import { accessKeysRouter } from "./routers/access-keys.ts";
import { apiKeysRouter } from "./routers/api-keys.ts";
import { billingRouter } from "./routers/billing.ts";
import { budgetsRouter } from "./routers/budgets.ts";
import { connectorsRouter } from "./routers/connectors.ts";
import { devicesRouter } from "./routers/devices.ts";
import { domainsRouter } from "./routers/domains.ts";
import { endpointsRouter } from "./routers/endpoints.ts";
import { hubsRouter } from "./routers/hubs.ts";
import { ledgerRouter } from "./routers/ledger.ts";
import { licensesRouter } from "./routers/licenses.ts";
import { managedCloudflareRouter } from "./routers/managed-cloudflare.ts";
import { requestsRouter } from "./routers/requests.ts";
import { tcpTunnelsRouter } from "./routers/tcp-tunnels.ts";
import { tenantsRouter } from "./routers/tenants.ts";
import { usageRouter } from "./routers/usage.ts";

/** Every procedure of the product. The browser takes its types from here. */
export const appRouter = router({
  abuse: abuseRouter,
  accessKeys: accessKeysRouter,
  apiKeys: apiKeysRouter,
  billing: billingRouter,
  budgets: budgetsRouter,
  connectors: connectorsRouter,
  devices: devicesRouter,
  domains: domainsRouter,
  endpoints: endpointsRouter,
  hubs: hubsRouter,
  ledger: ledgerRouter,
  licenses: licensesRouter,
  managedCloudflare: managedCloudflareRouter,
  requests: requestsRouter,
  tcpTunnels: tcpTunnelsRouter,
  tenants: tenantsRouter,
  usage: usageRouter,
});

export type AppRouter = typeof appRouter;
export type RouterInputs = inferRouterInputs<AppRouter>;
export type RouterOutputs = inferRouterOutputs<AppRouter>;

/** Makes procedures callable on the server: `createCaller(context).endpoints.list()`. */
export const createCaller = createCallerFactory(appRouter);
export type ApiCaller = ReturnType<typeof createCaller>;
