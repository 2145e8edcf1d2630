import { useFetcher } from "@remix-run/react";
import { Notice } from "~/components/ui/notice.tsx";
import { SwitchButton } from "~/components/ui/switch-button.tsx";
import { paths } from "~/lib/paths.ts";

interface RequireKeySwitchProps {
  slug: string;
  on: boolean;
  /** Whether there is a key at all that would open it. */
  anyKey: boolean;
}

/** Shows the wanted position at once; goes back when it is refused. */
export function RequireKeySwitch({ slug, on, anyKey }: RequireKeySwitchProps) {
  const fetcher = useFetcher<{ problem: { message: string } | null }>();
  const wanted = fetcher.formData?.get("requireAccessKey");
  const shown = wanted ? wanted === "on" : on;
  return (
    <div className="grid gap-3">
      <fetcher.Form method="post" action={paths.endpointSettings(slug)} className="flex items-center gap-3">
        <SwitchButton on={shown} name="requireAccessKey" label="Require an access key" />
        <span>{shown ? "A key is required" : "Anyone who knows the address may call"}</span>
      </fetcher.Form>
      {fetcher.data?.problem ? (
        <Notice tone="bad" announce>
          {fetcher.data.problem.message}
        </Notice>
      ) : null}
      {shown && !anyKey ? (
        <Notice tone="warn">There is no access key yet: only your endpoint token opens it now.</Notice>
      ) : null}
    </div>
  );
}
