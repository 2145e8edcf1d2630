import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { Button } from "~/components/ui/button.tsx";
import { ConfirmDialog } from "~/components/ui/confirm-dialog.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { SecretDialog } from "~/components/ui/secret-dialog.tsx";
import { Time } from "~/components/ui/time.tsx";
import { paths } from "~/lib/paths.ts";
import { useReply } from "~/lib/use-reply.ts";
import { useSecretReply } from "~/lib/use-secret-reply.ts";

interface TokenPanelProps {
  slug: string;
  hint: string;
  rotatedAt: Date | string;
}

interface TokenReply {
  endpointToken: string | null;
  problem: { message: string } | null;
}

/** The endpoint token: which one is in use, and how to get a new one. */
export function TokenPanel({ slug, hint, rotatedAt }: TokenPanelProps) {
  const [asking, setAsking] = useState(false);
  const rotate = useFetcher<TokenReply>();
  const made = useSecretReply(rotate, (reply) => reply.endpointToken);
  useReply(rotate, ({ problem }) => setAsking(problem !== null));
  return (
    <Panel
      id="token"
      title="Endpoint token"
      lead="Manages this endpoint from programs, and opens it when access keys are required. Keep it on your side; hand out access keys instead."
    >
      <div className="flex flex-wrap items-center justify-between gap-4">
        <p>
          <code>{hint}</code>
          <span className="text-mute">
            , made <Time at={rotatedAt} />
          </span>
        </p>
        <Button look="quiet" onClick={() => setAsking(true)}>
          Rotate token
        </Button>
      </div>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title="Rotate the endpoint token?"
        lead="A new token is made and shown once. The present one is refused from that moment, everywhere."
        confirm="Rotate token"
        action={paths.endpointToken(slug)}
        fetcher={rotate}
        problem={rotate.data?.problem?.message}
      />
      <SecretDialog
        secret={made.secret}
        title="Your new endpoint token"
        label="Endpoint token"
        note="Put it wherever the old one was. The old one is refused already."
        onClose={made.forget}
      />
    </Panel>
  );
}
