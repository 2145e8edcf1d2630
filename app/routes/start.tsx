import { type ActionFunctionArgs, data, type LoaderFunctionArgs } from "@remix-run/node";
import { useActionData, useFetcher, useLoaderData, useNavigate } from "@remix-run/react";
import { useEffect, useState } from "react";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { Page } from "~/components/shell/page.tsx";
import { ChooseStep } from "~/components/start/choose-step.tsx";
import { LaterSteps } from "~/components/start/later-steps.tsx";
import { Step } from "~/components/start/step.tsx";
import { formText } from "~/lib/form-text.ts";
import { noStore } from "~/lib/no-store.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";
import { splitAddress } from "~/lib/split-address.ts";
import { useAvailability } from "~/lib/use-availability.ts";

export const meta = () => pageTitle("Start");

/** `?slug=` goes on with that endpoint, `?new` claims another one; else the first one there is. */
export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const { api, config } = args.context;
  const search = new URL(args.request.url).searchParams;
  const [{ endpoints }, license] = await Promise.all([api.endpoints.list(), api.licenses.get()]);
  const wanted = endpoints.find((endpoint) => endpoint.slug === search.get("slug")) ?? endpoints[0];
  const slug = search.has("new") ? null : (wanted?.slug ?? null);
  return {
    endpoint: slug === null ? null : await api.endpoints.get({ slug }),
    keyHint: license.keyHint,
    address: splitAddress(config.publicUrlFor("name"), "name"),
    portalUrl: config.portalUrl,
  };
}

/** Claims the name. The first time it makes the license key too, so that the next step is one line to paste. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const { api } = args.context;
  const slug = formText(await args.request.formData(), "slug");
  const { value: claimed, problem } = await attempt(api.endpoints.register({ slug }));
  if (problem) return { slug, claimed: null, licenseKey: null, problem };
  const { keyHint } = await api.licenses.get();
  const licenseKey = keyHint ? null : (await api.licenses.issueKey()).licenseKey;
  return data({ slug, claimed, licenseKey, problem: null }, { headers: noStore });
}

export default function Start() {
  const { endpoint, keyHint, address, portalUrl } = useLoaderData<typeof loader>();
  const claim = useFetcher<typeof action>();
  const answered = useActionData<typeof action>();
  const answer = claim.data ?? answered;
  const [slug, setSlug] = useState(answered?.slug ?? "");
  const availability = useAvailability(slug);
  // Not before the page has loaded its endpoint: going on earlier would break that off.
  useAddressOfClaim(claim.state === "idle" ? claim.data?.claimed?.endpoint.slug : undefined);
  // A refusal is about the name that was sent, not about the one that is being typed now.
  const problem = answer?.slug === slug.trim() ? answer.problem : null;

  return (
    <Page
      title={endpoint ? "Bring it online" : "Choose your address"}
      lead="Three steps, about two minutes. You can leave and come back to this page."
    >
      <ol className="mt-2">
        <Step
          number={1}
          title="Choose a subdomain"
          state={endpoint ? "done" : "current"}
          result={endpoint ? <code className="break-all text-mute">{endpoint.publicBaseUrl}</code> : null}
        >
          {endpoint ? null : (
            <ChooseStep
              slug={slug}
              onSlug={setSlug}
              address={address}
              availability={availability}
              problem={problem}
              busy={claim.state !== "idle"}
              form={(inputs) => <claim.Form method="post">{inputs}</claim.Form>}
            />
          )}
        </Step>
        <LaterSteps
          key={endpoint?.slug}
          endpoint={endpoint}
          keyHint={keyHint}
          portalUrl={portalUrl}
          secrets={{
            licenseKey: answer?.licenseKey ?? null,
            endpointToken: answer?.claimed?.endpointToken ?? null,
          }}
        />
      </ol>
    </Page>
  );
}

/** After a claim the address names the endpoint, so that a reload goes on with it. The secrets stay in memory only. */
function useAddressOfClaim(slug: string | undefined) {
  const navigate = useNavigate();
  useEffect(() => {
    if (slug) navigate(`${paths.start}?slug=${encodeURIComponent(slug)}`, { replace: true });
  }, [slug, navigate]);
}
