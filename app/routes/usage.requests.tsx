import type { LoaderFunctionArgs } from "@remix-run/node";
import { Link, type ShouldRevalidateFunctionArgs, useLoaderData, useSearchParams } from "@remix-run/react";
import { attempt, orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { Page } from "~/components/shell/page.tsx";
import { ButtonLink } from "~/components/ui/button.tsx";
import { EmptyState } from "~/components/ui/empty-state.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { FilterChips } from "~/components/usage/filter-chips.tsx";
import { UsageRequestTable } from "~/components/usage/usage-request-table.tsx";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";
import { readUsageQuery, usageRange, usageSearch } from "~/lib/usage-query.ts";
import { daysWords } from "~/lib/usage-words.ts";

const pageSize = 50;
const meters = ["requests", "megabytes", "tokens"] as const;

export const meta = () => pageTitle("Requests");

export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const { api } = args.context;
  const search = new URL(args.request.url).searchParams;
  const query = readUsageQuery(search);
  const which = query.period === "previous" ? "previous" : "current";
  const { period } = await orErrorPage(api.usage.current({ period: which }));
  const { timeZone, slug, accessKeyId, model } = query;
  const filters = {
    slug,
    accessKeyId,
    model,
    meter: meters.find((meter) => meter === search.get("meter")),
    limit: pageSize,
  };
  const { value, problem } = await attempt(
    api.usage.requests({
      ...usageRange(query, period, new Date()),
      ...filters,
      timeZone,
      cursor: search.get("before") ?? undefined,
    }),
  );
  const { accessKeys } = await orErrorPage(api.accessKeys.list());
  return {
    query,
    page: value ?? (await orErrorPage(api.usage.requests(filters))),
    problem: problem?.message ?? null,
    keyName: accessKeys.find(({ id }) => id === accessKeyId)?.name ?? null,
  };
}

/** Opening a row asks for nothing: all of it is on the page. */
export function shouldRevalidate(args: ShouldRevalidateFunctionArgs): boolean {
  const without = (url: URL) => {
    const search = new URLSearchParams(url.search);
    search.delete("open");
    return url.pathname + search.toString();
  };
  const onlyOpened = without(args.currentUrl) === without(args.nextUrl);
  return onlyOpened && args.currentUrl.href !== args.nextUrl.href ? false : args.defaultShouldRevalidate;
}

export default function UsageRequests() {
  const { query, page, problem, keyName } = useLoaderData<typeof loader>();
  const [search] = useSearchParams();
  const isOlder = search.has("before");
  const pageTo = (before: string | null) => {
    const next = new URLSearchParams(search);
    next.delete("open");
    next.delete("before");
    if (before) next.set("before", before);
    return `?${next}`;
  };
  return (
    <Page
      title="Requests"
      lead={
        <>
          Those that ended in {daysWords(page.from, page.to, query.timeZone)}.{" "}
          <Link to={paths.usage + usageSearch(query)} className="link">
            Their sums
          </Link>
        </>
      }
    >
      {problem ? (
        <Notice tone="warn" title="That cannot be shown">
          {problem}
        </Notice>
      ) : null}
      {page.retention.message ? <Notice>{page.retention.message}</Notice> : null}
      <FilterChips query={query} page={paths.usageRequests} keyName={keyName} />
      <Panel
        id="requests"
        title={isOlder ? "Older requests" : "Newest first"}
        lead="Queries and bodies are not kept. Open a row for its tokens and where their number comes from."
        flush
      >
        {page.requests.length > 0 ? (
          <UsageRequestTable requests={page.requests} />
        ) : (
          <EmptyState title="No request to list">
            None that is still kept ended in these days with these filters.
          </EmptyState>
        )}
      </Panel>
      <div className="flex gap-2">
        {isOlder ? (
          <ButtonLink to={pageTo(null)} look="quiet">
            Newest
          </ButtonLink>
        ) : null}
        {page.nextCursor ? (
          <ButtonLink to={pageTo(page.nextCursor)} look="quiet">
            Older
          </ButtonLink>
        ) : null}
      </div>
    </Page>
  );
}
