import type { RequestPage } from "~/lib/api-types.ts";
import { useRecentRequests } from "~/lib/use-recent-requests.ts";
import { NoRequests } from "./no-requests.tsx";
import { RequestTable } from "./request-table.tsx";

interface RecentRequestsProps {
  slug: string;
  publicBaseUrl: string;
  limit: number;
  initial: RequestPage;
}

/** The last few requests, following what happens. */
export function RecentRequests({ slug, publicBaseUrl, limit, initial }: RecentRequestsProps) {
  const { requests } = useRecentRequests(slug, limit, initial);
  if (requests.length === 0) return <NoRequests publicBaseUrl={publicBaseUrl} />;
  return <RequestTable requests={requests} />;
}
