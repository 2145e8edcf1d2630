import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { useToast } from "~/components/shell/toasts.tsx";
import { Button } from "~/components/ui/button.tsx";
import { ConfirmDialog } from "~/components/ui/confirm-dialog.tsx";
import { Time } from "~/components/ui/time.tsx";
import type { Domain } from "~/lib/api-types.ts";
import { paths } from "~/lib/paths.ts";
import { useReply } from "~/lib/use-reply.ts";
import { DnsRecords } from "./dns-records.tsx";
import { DomainBadge } from "./domain-badge.tsx";

/** One custom domain: how it stands and why, what to set in DNS, and what can be done. */
export function DomainCard({ slug, domain }: { slug: string; domain: Domain }) {
  const { host, state, reason, records, certificate, checkedAt, nextCheckAt, url } = domain;
  const isSettled = state === "active";
  return (
    <li className="grid gap-3 border-t border-line px-4 py-4 first:border-t-0 sm:px-5">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1.5">
          <h3 className="min-w-0 font-mono text-[1rem] break-all">
            {domain.served ? (
              <a href={url} target="_blank" rel="noreferrer" className="hover:underline">
                {host}
              </a>
            ) : (
              host
            )}
          </h3>
          <DomainBadge state={state} />
        </div>
        <div className="flex gap-2">
          <CheckButton slug={slug} domain={domain} />
          <RemoveButton slug={slug} domain={domain} />
        </div>
      </div>
      {reason ? <p className="max-w-[75ch] break-words">{reason}</p> : null}
      {isSettled ? (
        <details>
          <summary className="cursor-pointer text-mute hover:text-ink">
            DNS records, which have to stay
          </summary>
          <div className="mt-3">
            <DnsRecords host={host} records={records} />
          </div>
        </details>
      ) : (
        <DnsRecords host={host} records={records} />
      )}
      <p className="flex flex-wrap gap-x-4 gap-y-1 text-[0.933rem] text-mute">
        <span>
          {checkedAt ? (
            <>
              Checked <Time at={checkedAt} />
            </>
          ) : (
            "Not checked yet"
          )}
        </span>
        <span>
          {nextCheckAt ? (
            <>
              Next check <Time at={nextCheckAt} />
            </>
          ) : (
            "Not checked again by itself"
          )}
        </span>
        {certificate ? <CertificateFacts certificate={certificate} /> : null}
      </p>
    </li>
  );
}

function CertificateFacts({ certificate }: { certificate: NonNullable<Domain["certificate"]> }) {
  const { notAfter, error, nextTryAt } = certificate;
  return (
    <>
      {notAfter ? (
        <span>
          Certificate ends <Time at={notAfter} />
        </span>
      ) : null}
      {error && nextTryAt ? (
        <span>
          Next order <Time at={nextTryAt} />
        </span>
      ) : null}
    </>
  );
}

function CheckButton({ slug, domain }: { slug: string; domain: Domain }) {
  const fetcher = useFetcher<{ domain: Domain | null; problem: { message: string } | null }>();
  const toast = useToast();
  useReply(fetcher, ({ domain: checked, problem }) => {
    if (problem) toast(problem.message);
    else if (checked?.state === "active") toast(`${checked.host} is active.`);
    else toast(checked?.reason ?? "Checked.");
  });
  return (
    <fetcher.Form method="post" action={paths.endpointDomain(slug, domain.id)}>
      <input type="hidden" name="do" value="check" />
      <Button
        type="submit"
        look="quiet"
        size="sm"
        busy={fetcher.state !== "idle"}
        aria-label={`Check now: ${domain.host}`}
      >
        Check now
      </Button>
    </fetcher.Form>
  );
}

function RemoveButton({ slug, domain }: { slug: string; domain: Domain }) {
  const [open, setOpen] = useState(false);
  const fetcher = useFetcher<{ problem: { message: string } | null }>();
  const toast = useToast();
  useReply(fetcher, ({ problem }) => {
    if (problem) return;
    setOpen(false);
    toast(`${domain.host} is removed.`);
  });
  return (
    <>
      <Button look="quiet" size="sm" aria-label={`Remove ${domain.host}`} onClick={() => setOpen(true)}>
        Remove
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Remove ${domain.host}?`}
        lead={
          domain.served
            ? "Requests for it stop at once. Take its CNAME record away too, so that the name leads nowhere of ours."
            : "Its claim and its TXT value are forgotten."
        }
        confirm="Remove"
        danger
        action={paths.endpointDomain(slug, domain.id)}
        fetcher={fetcher}
        problem={fetcher.data?.problem?.message}
      >
        <input type="hidden" name="do" value="remove" />
      </ConfirmDialog>
    </>
  );
}
