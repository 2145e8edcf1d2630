import type { LoaderFunctionArgs } from "@remix-run/node";
import { Form, useLoaderData } from "@remix-run/react";
import { requireSession } from "~/bridge/require-session.server.ts";
import { Page } from "~/components/shell/page.tsx";
import { Button, ButtonLink } from "~/components/ui/button.tsx";
import { Facts } from "~/components/ui/facts.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";

export const meta = () => pageTitle("Account");

export async function loader(args: LoaderFunctionArgs) {
  const { user, tenant } = requireSession(args);
  return { name: user.name, email: user.email, tenantName: tenant.name, role: tenant.role };
}

export default function Account() {
  const { name, email, tenantName, role } = useLoaderData<typeof loader>();
  return (
    <Page title="Account" narrow>
      <Panel id="profile" title="You">
        <Facts
          facts={[
            { term: "Name", text: name },
            { term: "Email", text: <span className="break-all">{email}</span> },
            { term: "Account", text: tenantName },
            { term: "Role", text: role },
          ]}
        />
      </Panel>
      <Panel
        id="password"
        title="Password"
        lead="We mail you a link to set a new one. Setting it signs you out everywhere, on every device."
      >
        <ButtonLink to={paths.forgotPassword} look="quiet">
          Change the password
        </ButtonLink>
      </Panel>
      <Panel
        id="session"
        title="This browser"
        lead="You are signed out by itself after 30 minutes without a page."
      >
        <Form method="post" action={paths.signOut}>
          <Button type="submit" look="quiet">
            Sign out
          </Button>
        </Form>
      </Panel>
    </Page>
  );
}
