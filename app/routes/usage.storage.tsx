import type { LoaderFunctionArgs } from "@remix-run/node";
import { Link, useLoaderData } from "@remix-run/react";
import { attempt, orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { Page } from "~/components/shell/page.tsx";
import { EmptyState } from "~/components/ui/empty-state.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { StorageExportLinks } from "~/components/usage/export-links.tsx";
import { StorageDayTable } from "~/components/usage/storage-day-table.tsx";
import { StorageSum } from "~/components/usage/storage-sum.tsx";
import { formatPeriod } from "~/lib/format.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";

export const meta = () => pageTitle("Backup storage");

export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const { api } = args.context;
  const search = new URL(args.request.url).searchParams;
  const { period } = await orErrorPage(api.usage.current({}));
  const own = { from: period.start, to: period.end };
  const asked = { from: search.get("from") ?? own.from, to: search.get("to") ?? own.to };
  const { value, problem } = await attempt(api.usage.storageDays(asked));
  return {
    report: value ?? (await orErrorPage(api.usage.storageDays(own))),
    problem: problem?.message ?? null,
  };
}

/** The days that a period's storage, writes and reads are the sum of. */
export default function UsageStorage() {
  const { report, problem } = useLoaderData<typeof loader>();
  return (
    <Page
      title="Backup storage"
      lead={
        <>
          Days of UTC that start in {formatPeriod(report.from, report.to)}.{" "}
          <Link to={paths.usage} className="link">
            All usage
          </Link>
        </>
      }
      actions={<StorageExportLinks from={report.from} to={report.to} />}
    >
      {problem ? (
        <Notice tone="warn" title="That cannot be shown">
          {problem}
        </Notice>
      ) : null}
      <Panel id="sum" title="Counted">
        <StorageSum report={report} />
      </Panel>
      <Panel
        id="days"
        title="Newest first"
        lead="A day counts the most that was stored on it, in whole megabytes, rounded up."
        flush
      >
        {report.days.length > 0 ? (
          <StorageDayTable days={report.days} />
        ) : (
          <EmptyState title="No backups in these days">
            A bucket is made when Managed Cloudflare is switched on for a hub.
          </EmptyState>
        )}
      </Panel>
    </Page>
  );
}
