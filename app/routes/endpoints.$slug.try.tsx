import { TryIt } from "~/components/try-it/try-it.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { useEndpoint } from "~/lib/use-endpoint.ts";
import { useTry } from "~/lib/use-try.ts";

export default function TryEndpoint() {
  const { endpoint } = useEndpoint();
  const attempt = useTry(endpoint.slug);
  return (
    <>
      {endpoint.online ? null : (
        <Notice title="No connector is online">
          A request waits a few seconds for one, then answers 502.
        </Notice>
      )}
      <TryIt slug={endpoint.slug} publicBaseUrl={endpoint.publicBaseUrl} attempt={attempt} />
    </>
  );
}
