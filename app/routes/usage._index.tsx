import type { LoaderFunctionArgs } from "@remix-run/node";
import { Link, useLoaderData } from "@remix-run/react";
import { attempt, orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { Page } from "~/components/shell/page.tsx";
import { ButtonLink } from "~/components/ui/button.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { BreakdownTable } from "~/components/usage/breakdown-table.tsx";
import { chartData } from "~/components/usage/chart-data.ts";
import { ChartLegend } from "~/components/usage/chart-legend.tsx";
import { ChartTable } from "~/components/usage/chart-table.tsx";
import { ChoiceLinks } from "~/components/usage/choice-links.tsx";
import { ExportLinks } from "~/components/usage/export-links.tsx";
import { FilterChips } from "~/components/usage/filter-chips.tsx";
import { NoUsage } from "~/components/usage/no-usage.tsx";
import { PeriodForm } from "~/components/usage/period-form.tsx";
import { PeriodTiles } from "~/components/usage/period-tiles.tsx";
import { RangeTiles } from "~/components/usage/range-tiles.tsx";
import { UsageChart } from "~/components/usage/usage-chart.tsx";
import { ZoneLink } from "~/components/usage/zone-link.tsx";
import { formatPeriod } from "~/lib/format.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";
import {
  bucketsFor,
  readUsageQuery,
  type UsageQuery,
  usageGroupings,
  usageMetrics,
  usageRange,
  usageSearch,
  usageZone,
} from "~/lib/usage-query.ts";
import { bucketTitles, daysWords, groupingTitles, metricTitles, periodTitles } from "~/lib/usage-words.ts";
import { useFreshPage } from "~/lib/use-fresh-page.ts";

export const meta = () => pageTitle("Usage");

/** Reads sums only, three questions at once; a page of a busy year costs what a page of a quiet day does. */
export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const { api } = args.context;
  const asked = readUsageQuery(new URL(args.request.url).searchParams);
  const [current, { endpoints }, { accessKeys }] = await Promise.all([
    orErrorPage(api.usage.current({ period: asked.period === "previous" ? "previous" : "current" })),
    orErrorPage(api.endpoints.list()),
    orErrorPage(api.accessKeys.list()),
  ]);
  const { value, problem } = await attempt(readReport(args.context.api, asked, current.period));
  // Days or a zone that there are not: said above the page of the period, whose filters are kept.
  const unasked: UsageQuery = { ...asked, period: "current", bucket: undefined, timeZone: "UTC" };
  const report = value ?? (await orErrorPage(readReport(api, unasked, current.period)));
  return {
    ...report,
    current,
    problem: problem?.message ?? null,
    endpoint: endpoints[0] ?? null,
    keyName: accessKeys.find(({ id }) => id === asked.accessKeyId)?.name ?? null,
  };
}

async function readReport(
  api: LoaderFunctionArgs["context"]["api"],
  query: UsageQuery,
  period: { start: string; end: string },
) {
  const range = usageRange(query, period, new Date());
  const timeZone = usageZone(query);
  const buckets = bucketsFor(range, timeZone);
  const bucket = buckets.find((offered) => offered === query.bucket) ?? buckets[0] ?? "day";
  const { by, metric, slug, accessKeyId, model } = query;
  const input = { ...range, timeZone, slug, accessKeyId, model, by };
  const [series, breakdown] = await Promise.all([
    api.usage.series({ ...input, bucket, metrics: metric }),
    api.usage.breakdown({ ...input, metric }),
  ]);
  return { query, range, buckets, series, breakdown };
}

export default function UsagePage() {
  const { query, range, buckets, series, breakdown, current, problem, endpoint, keyName } =
    useLoaderData<typeof loader>();
  // Sums of a running period change with each request.
  useFreshPage(Date.parse(series.to) > Date.now());
  const isFiltered = Boolean(query.slug || query.accessKeyId || query.model);
  const isBillingPeriod = query.period === "current" || query.period === "previous";
  const isEmpty = breakdown.total.requests === 0 && breakdown.rows.length === 0;
  const data = chartData(series);
  const to = (change: Partial<UsageQuery>) => paths.usage + usageSearch({ ...query, ...change });
  return (
    <Page
      title="Usage"
      lead={
        <>
          {isBillingPeriod
            ? `${formatPeriod(series.from, series.to)}, the ${query.period === "current" ? "running" : "last"} ${current.period.source === "month" ? "month" : "billing period"} on ${current.planTitle}`
            : daysWords(series.from, series.to, series.timeZone)}
          . Counted in {series.timeZone}. {query.period === "12m" ? null : <ZoneLink query={query} />}
        </>
      }
      actions={
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <Link to={paths.budgets} className="link">
            Budgets
          </Link>
          <ExportLinks query={query} range={range} bucket={series.bucket} />
        </div>
      }
    >
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2">
        <ChoiceLinks
          label="Period"
          current={query.period === "custom" ? null : query.period}
          choices={Object.entries(periodTitles).map(([value, title]) => ({
            value: value as keyof typeof periodTitles,
            title,
            to: to({ period: value as keyof typeof periodTitles, bucket: undefined }),
          }))}
        />
        <PeriodForm query={query} from={series.from} to={series.to} />
      </div>
      {problem ? (
        <Notice tone="warn" title="That cannot be shown">
          {problem}
        </Notice>
      ) : null}
      <FilterChips query={query} page={paths.usage} keyName={keyName} />
      {isBillingPeriod && !isFiltered ? (
        <PeriodTiles usage={current} running={query.period === "current"} />
      ) : (
        <RangeTiles figures={breakdown.total} />
      )}
      {isEmpty ? (
        <Panel flush>
          <NoUsage narrowed={query.period !== "current" || isFiltered} endpoint={endpoint} />
        </Panel>
      ) : (
        <>
          <Panel
            id="over-time"
            title={`${metricTitles[query.metric]} by ${groupingTitles[query.by].toLowerCase()}`}
            flush
            actions={
              <div className="flex max-w-full flex-wrap gap-2">
                <ChoiceLinks
                  label="Figure"
                  current={query.metric}
                  choices={usageMetrics.map((metric) => ({
                    value: metric,
                    title: metricTitles[metric],
                    to: to({ metric }),
                  }))}
                />
                <ChoiceLinks
                  label="Grouped by"
                  current={query.by}
                  choices={usageGroupings.map((by) => ({
                    value: by,
                    title: groupingTitles[by],
                    to: to({ by }),
                  }))}
                />
                {buckets.length > 1 ? (
                  <ChoiceLinks
                    label="Each"
                    current={series.bucket}
                    choices={buckets.map((bucket) => ({
                      value: bucket,
                      title: bucketTitles[bucket],
                      to: to({ bucket }),
                    }))}
                  />
                ) : null}
              </div>
            }
          >
            <UsageChart data={data} metric={query.metric} />
            <ChartLegend data={data} metric={query.metric} />
            <ChartTable data={data} metric={query.metric} />
          </Panel>
          <Panel
            id="breakdown"
            title={`By ${groupingTitles[query.by].toLowerCase()}`}
            lead="A name narrows the page to it, a number opens its requests."
            flush
            actions={
              <ButtonLink to={paths.usageRequests + usageSearch(query)} look="quiet" size="sm">
                All requests
              </ButtonLink>
            }
          >
            <BreakdownTable breakdown={breakdown} query={query} />
          </Panel>
        </>
      )}
    </Page>
  );
}
