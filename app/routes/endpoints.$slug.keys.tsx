import { type ActionFunctionArgs, data, type LoaderFunctionArgs } from "@remix-run/node";
import { useFetcher, useLoaderData } from "@remix-run/react";
import { attempt, orErrorPage, orNull } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { AccessKeyForm } from "~/components/access-keys/access-key-form.tsx";
import { AccessKeyTable } from "~/components/access-keys/access-key-table.tsx";
import { RequireKeySwitch } from "~/components/access-keys/require-key-switch.tsx";
import { EmptyState } from "~/components/ui/empty-state.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { RevokeButton } from "~/components/ui/revoke-button.tsx";
import { SecretDialog } from "~/components/ui/secret-dialog.tsx";
import { formText } from "~/lib/form-text.ts";
import { keyExpiry } from "~/lib/key-lifetimes.ts";
import { noStore } from "~/lib/no-store.ts";
import { paths } from "~/lib/paths.ts";
import { useEndpoint } from "~/lib/use-endpoint.ts";
import { useSecretReply } from "~/lib/use-secret-reply.ts";

export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const { api } = args.context;
  const slug = args.params.slug ?? "";
  const [{ accessKeys }, usage] = await Promise.all([
    orErrorPage(api.accessKeys.list()),
    // Keys can be managed also while their usage cannot be read.
    orNull(api.usage.breakdown({ slug, by: "access_key" })),
  ]);
  return {
    accessKeys: accessKeys.filter(({ endpointSlug }) => endpointSlug === null || endpointSlug === slug),
    use:
      usage &&
      new Map(
        usage.rows.map(({ group, figures: { requests, inputTokens, outputTokens } }) => [
          group.id,
          { requests, tokens: inputTokens + outputTokens },
        ]),
      ),
  };
}

export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const form = await args.request.formData();
  const { value, problem } = await attempt(
    args.context.api.accessKeys.create({
      name: formText(form, "name"),
      endpointSlug: formText(form, "scope") === "all" ? undefined : args.params.slug,
      expiresAt: keyExpiry(formText(form, "lifetime"), Date.now()),
    }),
  );
  return data({ secret: value?.secret ?? null, problem }, { headers: noStore });
}

export default function AccessKeys() {
  const { accessKeys, use } = useLoaderData<typeof loader>();
  const { endpoint } = useEndpoint();
  const create = useFetcher<typeof action>();
  const made = useSecretReply(create, (reply) => reply.secret);
  return (
    <>
      <Panel
        id="check"
        title="Require a key"
        lead="With the switch on, a request without a valid key is answered with 401 at the edge and never reaches your machine. With it off, keys that are sent are only counted."
      >
        <RequireKeySwitch
          slug={endpoint.slug}
          on={endpoint.requireAccessKey}
          anyKey={accessKeys.length > 0}
        />
      </Panel>
      <Panel
        id="keys"
        title="Access keys"
        lead="What the users of your endpoint send as Authorization: Bearer. One for each, so that one can be revoked without the others."
        flush
      >
        {accessKeys.length > 0 ? (
          <AccessKeyTable
            slug={endpoint.slug}
            use={use}
            accessKeys={accessKeys}
            revokeButton={(accessKey) => (
              <RevokeButton
                name={accessKey.name}
                kind="access key"
                action={paths.endpointKey(endpoint.slug, accessKey.id)}
              />
            )}
          />
        ) : (
          <EmptyState title="No access key yet">
            Make one below and hand it to whoever should call.
          </EmptyState>
        )}
        <div className="border-t border-line p-4 sm:p-5">
          <AccessKeyForm
            key={made.secret}
            slug={endpoint.slug}
            problem={create.data?.problem}
            fetcher={create}
            action={paths.endpointKeys(endpoint.slug)}
          />
        </div>
      </Panel>
      <SecretDialog
        secret={made.secret}
        title="Your new access key"
        label="Access key"
        note="Callers send it as Authorization: Bearer, or as x-api-key. Revoke it here when it gets out."
        onClose={made.forget}
      />
    </>
  );
}
