import { useFetcher } from "@remix-run/react";
import { Button } from "~/components/ui/button.tsx";
import { DataTable } from "~/components/ui/data-table.tsx";
import { EmptyState } from "~/components/ui/empty-state.tsx";
import { TextField } from "~/components/ui/field.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { RevokeButton } from "~/components/ui/revoke-button.tsx";
import { SecretDialog } from "~/components/ui/secret-dialog.tsx";
import { Time } from "~/components/ui/time.tsx";
import type { ApiKey } from "~/lib/api-types.ts";
import { paths } from "~/lib/paths.ts";
import { type Problem, problemAt, problemElsewhere } from "~/lib/problem.ts";
import { useSecretReply } from "~/lib/use-secret-reply.ts";

interface ApiKeyReply {
  secret: string | null;
  problem: Problem | null;
}

/** Keys for programs that manage the account over the API. */
export function ApiKeysPanel({ apiKeys }: { apiKeys: readonly ApiKey[] }) {
  const create = useFetcher<ApiKeyReply>();
  const made = useSecretReply(create, (reply) => reply.secret);
  const problem = create.data?.problem;
  const elsewhere = problemElsewhere(problem, ["name"]);
  return (
    <Panel
      id="api-keys"
      title="API keys"
      lead={
        <>
          For programs that manage your account over the{" "}
          <a href={paths.apiDocs} className="link">
            API
          </a>
          . They may do what you may do; users of an endpoint get access keys instead.
        </>
      }
      flush
    >
      {apiKeys.length > 0 ? <ApiKeyTable apiKeys={apiKeys} /> : <EmptyState title="No API key yet" />}
      <create.Form
        method="post"
        action={paths.apiKeys}
        className="grid gap-4 border-t border-line p-4 sm:p-5"
      >
        {elsewhere ? (
          <Notice tone="bad" announce>
            {elsewhere}
          </Notice>
        ) : null}
        <div className="grid max-w-2xl items-start gap-4 sm:grid-cols-[minmax(0,1fr)_auto]">
          <TextField
            key={made.secret}
            label="Name"
            name="name"
            placeholder="Which program will use it"
            autoComplete="off"
            maxLength={80}
            required
            error={problemAt(problem, "name")}
          />
          <Button type="submit" look="quiet" busy={create.state !== "idle"} className="sm:mt-7.5">
            Make an API key
          </Button>
        </div>
      </create.Form>
      <SecretDialog
        secret={made.secret}
        title="Your new API key"
        label="API key"
        note="Programs send it as Authorization: Bearer to the portal's API."
        onClose={made.forget}
      />
    </Panel>
  );
}

function ApiKeyTable({ apiKeys }: { apiKeys: readonly ApiKey[] }) {
  return (
    <DataTable
      caption="API keys"
      rows={apiKeys}
      rowKey={(apiKey) => apiKey.id}
      columns={[
        {
          title: "Name",
          cell: (apiKey) => (
            <>
              <span className="block break-words">{apiKey.name}</span>
              <code className="text-mute">{apiKey.hint}</code>
            </>
          ),
        },
        { title: "Made", wideOnly: true, cell: (apiKey) => <Time at={apiKey.createdAt} /> },
        {
          title: "Last used",
          cell: (apiKey) => (apiKey.lastUsedAt ? <Time at={apiKey.lastUsedAt} /> : "never"),
        },
        {
          title: "Actions",
          actions: true,
          cell: (apiKey) => (
            <RevokeButton name={apiKey.name} kind="API key" action={paths.apiKey(apiKey.id)} />
          ),
        },
      ]}
    />
  );
}
