import { ButtonLink } from "~/components/ui/button.tsx";
import { EmptyState } from "~/components/ui/empty-state.tsx";
import type { Endpoint } from "~/lib/api-types.ts";
import { paths } from "~/lib/paths.ts";

interface NoUsageProps {
  /** Whether other days, or other filters, could have something. */
  narrowed: boolean;
  endpoint: Endpoint | null;
}

/** Nothing was used: how to begin, or that one is looking at the wrong place. */
export function NoUsage({ narrowed, endpoint }: NoUsageProps) {
  if (narrowed) {
    return (
      <EmptyState
        title="Nothing was used here"
        action={
          <ButtonLink to={paths.usage} look="quiet">
            Show this period
          </ButtonLink>
        }
      >
        No request ended in these days with these filters.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="No request yet in this period"
      action={
        endpoint ? (
          <ButtonLink to={paths.endpointTry(endpoint.slug)} look="hot">
            Send the first request
          </ButtonLink>
        ) : (
          <ButtonLink to={paths.start}>Make an endpoint</ButtonLink>
        )
      }
    >
      {endpoint ? (
        <>
          Call <code className="break-all text-ink">{endpoint.publicBaseUrl}</code> with any HTTP client. What
          passes is counted here within seconds.
        </>
      ) : (
        <>
          An endpoint gives what runs on your machine a public address. What passes through it is counted
          here.
        </>
      )}
    </EmptyState>
  );
}
