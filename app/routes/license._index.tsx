import type { LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { ApiKeysPanel } from "~/components/api-keys/api-keys-panel.tsx";
import { DevicesPanel } from "~/components/devices/devices-panel.tsx";
import { LicensePanel } from "~/components/licenses/license-panel.tsx";
import { Page } from "~/components/shell/page.tsx";
import { pageTitle } from "~/lib/page-title.ts";

export const meta = () => pageTitle("License");

export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const { api } = args.context;
  const [license, { apiKeys }] = await orErrorPage(Promise.all([api.licenses.get(), api.apiKeys.list()]));
  return { license, apiKeys };
}

export default function LicensePage() {
  const { license, apiKeys } = useLoaderData<typeof loader>();
  return (
    <Page title="License" lead="What your account may do, on which machines, and the keys for programs.">
      <LicensePanel license={license} />
      <DevicesPanel devices={license.devices} limit={license.deviceLimit} />
      <ApiKeysPanel apiKeys={apiKeys} />
    </Page>
  );
}
