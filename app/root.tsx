import type { LinksFunction, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Links, Meta, Outlet, Scripts, ScrollRestoration, useRouteLoaderData } from "@remix-run/react";
import type { ReactNode } from "react";
import { orNull } from "./bridge/form-problem.server.ts";
import { useNonce } from "./bridge/nonce.ts";
import { AccountStrips } from "./components/shell/account-strips.tsx";
import { ApiProvider } from "./components/shell/api-provider.tsx";
import { DoneToast } from "./components/shell/done-toast.tsx";
import { ErrorPage } from "./components/shell/error-page.tsx";
import { NavigationProgress } from "./components/shell/navigation-progress.tsx";
import { SiteFooter } from "./components/shell/site-footer.tsx";
import { SiteHeader } from "./components/shell/site-header.tsx";
import { ToastProvider } from "./components/shell/toasts.tsx";
import { accountAlert } from "./lib/account-alert.ts";
import { pageTitle } from "./lib/page-title.ts";
import { themeOfCookies } from "./lib/theme.ts";
import { useTheme } from "./lib/use-theme.ts";
import stylesheet from "./styles/app.css";
import favicon from "./styles/favicon.svg";

export const links: LinksFunction = () => [
  { rel: "stylesheet", href: stylesheet },
  { rel: "icon", href: favicon, type: "image/svg+xml" },
];

export const meta: MetaFunction = () => pageTitle();

export async function loader({ context, request }: LoaderFunctionArgs) {
  const { session, requestId, config, api } = context;
  const [tenant, hubs] = session
    ? await Promise.all([orNull(api.tenants.current()), orNull(api.hubs.troubled())])
    : [null, null];
  return {
    theme: themeOfCookies(request.headers.get("cookie")),
    viewer: session && {
      name: session.user.name,
      email: session.user.email,
      tenantName: session.tenant.name,
    },
    account: tenant && {
      alert: accountAlert(tenant),
      hubs: hubs?.hubs ?? [],
      stripe: config.integrations.billing,
    },
    requestId,
  };
}

export function Layout({ children }: { children: ReactNode }) {
  const data = useRouteLoaderData<typeof loader>("root");
  const theme = useTheme(data?.theme ?? "system");
  const nonce = useNonce();
  return (
    <html lang="en" data-theme={theme}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <Meta />
        <Links />
      </head>
      <body className="flex min-h-dvh flex-col">
        <a
          href="#main"
          className="sr-only rounded-md bg-ink text-bg focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:px-3 focus:py-2"
        >
          Skip to the content
        </a>
        <SiteHeader viewer={data?.viewer ?? null} theme={theme} />
        {data?.account ? <AccountStrips {...data.account} /> : null}
        {children}
        <SiteFooter />
        <ScrollRestoration nonce={nonce} />
        <Scripts nonce={nonce} />
      </body>
    </html>
  );
}

export default function App() {
  return (
    <ApiProvider>
      <ToastProvider>
        <NavigationProgress />
        <DoneToast />
        <Outlet />
      </ToastProvider>
    </ApiProvider>
  );
}

export function ErrorBoundary() {
  const data = useRouteLoaderData<typeof loader>("root");
  return <ErrorPage requestId={data?.requestId} />;
}
