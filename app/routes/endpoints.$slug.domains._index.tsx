import type { ActionFunctionArgs, LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { attempt, orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { DomainCard } from "~/components/domains/domain-card.tsx";
import { DomainForm } from "~/components/domains/domain-form.tsx";
import { ButtonLink } from "~/components/ui/button.tsx";
import { EmptyState } from "~/components/ui/empty-state.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { formText } from "~/lib/form-text.ts";
import { plural } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";
import { useEndpoint } from "~/lib/use-endpoint.ts";
import { useFreshDomains } from "~/lib/use-fresh-domains.ts";

export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  return await orErrorPage(args.context.api.domains.list({ slug: args.params.slug ?? "" }));
}

export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const form = await args.request.formData();
  const { problem } = await attempt(
    args.context.api.domains.add({ endpointSlug: args.params.slug ?? "", host: formText(form, "host") }),
  );
  return { problem };
}

export default function Domains() {
  const { domains, certificates, limit, used } = useLoaderData<typeof loader>();
  const { endpoint } = useEndpoint();
  useFreshDomains(domains);
  const isFull = used >= limit;
  return (
    <Panel
      id="domains"
      title="Custom domains"
      lead={`Host names of your own at which this endpoint answers, beside ${new URL(endpoint.publicBaseUrl).host}.`}
      flush
    >
      {certificates === "off" ? (
        <div className="px-4 pb-4 sm:px-5">
          <Notice title="Certificates are not ordered here">
            No certificate authority is configured in this installation. Domains are checked and served, but
            https for them needs a certificate that the people who run this service bring.
          </Notice>
        </div>
      ) : null}
      {domains.length > 0 ? (
        <ul aria-label="Custom domains" className="border-t border-line">
          {domains.map((domain) => (
            <DomainCard key={domain.id} slug={endpoint.slug} domain={domain} />
          ))}
        </ul>
      ) : (
        <EmptyState title="No domain of your own yet">
          {limit === 0
            ? "Your plan has no custom domains: they come with Pro and Team."
            : "Add one below; it is served as soon as its DNS proves that it is yours."}
        </EmptyState>
      )}
      <div className="border-t border-line p-4 sm:p-5">
        {isFull ? (
          <div className="flex flex-wrap items-center justify-between gap-3">
            <p className="text-mute">
              {limit === 0
                ? "A larger plan lets this endpoint answer at api.your-domain.com."
                : `Your plan allows ${plural(limit, "custom domain")}, and you have ${used}.`}
            </p>
            <ButtonLink to={paths.billing} look="quiet">
              See plans
            </ButtonLink>
          </div>
        ) : (
          <DomainForm slug={endpoint.slug} />
        )}
      </div>
    </Panel>
  );
}
