import { EmptyState } from "~/components/ui/empty-state.tsx";

export function NoRequests({ publicBaseUrl }: { publicBaseUrl: string }) {
  return (
    <EmptyState title="No request yet">
      The first one to <code className="break-all text-ink">{publicBaseUrl}</code> appears here about a second
      after it is answered.
    </EmptyState>
  );
}
