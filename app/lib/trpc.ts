import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink, type TRPCClient } from "@trpc/client";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import type { AppRouter } from "../../server/trpc/root.ts";

/** What each procedure answers, e.g. `ApiOutputs["endpoints"]["get"]`: read from the router, never written by hand. */
export type ApiOutputs = inferRouterOutputs<AppRouter>;

/** What each procedure takes. */
export type ApiInputs = inferRouterInputs<AppRouter>;

export const { TRPCProvider, useTRPC } = createTRPCContext<AppRouter>();

const url = "/api/trpc";

/**
 * The browser's client. Subscriptions come as server-sent events, which the browser reopens by itself; everything else
 * is one request per call, so that a slow answer holds up no other. The session cookie is the credential.
 */
export function createBrowserClient(): TRPCClient<AppRouter> {
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === "subscription",
        true: httpSubscriptionLink({ url }),
        false: httpLink({ url }),
      }),
    ],
  });
}
