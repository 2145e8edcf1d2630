import { useFetcher } from "@remix-run/react";
import { useToast } from "~/components/shell/toasts.tsx";
import { Button } from "~/components/ui/button.tsx";
import { paths } from "~/lib/paths.ts";
import { useReply } from "~/lib/use-reply.ts";

/** For whoever has mended what holds a hub up, and does not want to wait for the next try. */
export function TryNowButton({ hubId }: { hubId: string }) {
  const fetcher = useFetcher<{ problem: { message: string } | null }>();
  const toast = useToast();
  useReply(fetcher, ({ problem }) => toast(problem?.message ?? "It is tried again now."));
  return (
    <fetcher.Form method="post" action={paths.hubEnable(hubId)}>
      <Button type="submit" look="quiet" disabled={fetcher.state !== "idle"}>
        Try now
      </Button>
    </fetcher.Form>
  );
}
