import { type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { BoughtPlan } from "~/components/billing/bought-plan.tsx";
import { WaitForPayment } from "~/components/billing/wait-for-payment.tsx";
import { Page } from "~/components/shell/page.tsx";
import { ButtonLink } from "~/components/ui/button.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { planNamed } from "~/lib/billing-words.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";

export const meta = () => pageTitle("Your plan");

/**
 * Where Stripe's page leads back to. The order is looked up there, at every load of this page: nobody has to wait for
 * Stripe's notice to reach us, and a reload does no harm.
 */
export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const { api, config } = args.context;
  const sessionId = new URL(args.request.url).searchParams.get("session");
  if (!sessionId) throw redirect(paths.billing);
  const { value: order, problem } = await attempt(api.billing.completeCheckout({ sessionId }));
  if (problem) return { problem, bought: null };
  if (order.status !== "complete") throw redirect(paths.billingCheckout());
  const [billing, license, { endpoints }] = await Promise.all([
    api.billing.get(),
    api.licenses.get(),
    api.endpoints.list(),
  ]);
  const { subscription } = order;
  return {
    problem: null,
    bought: {
      paid: order.paid,
      subscription,
      planTitle: planNamed(billing, subscription?.plan ?? billing.plan)?.title ?? "Your plan",
      devices: license.deviceLimit,
      keyHint: license.keyHint,
      slug: endpoints[0]?.slug ?? null,
      portalUrl: config.portalUrl,
    },
  };
}

export default function Return() {
  const { bought, problem } = useLoaderData<typeof loader>();
  if (problem) {
    return (
      <Page title="Your order" parent={{ to: paths.billing, title: "Billing" }} narrow>
        <Notice tone="warn" title="We could not look your order up just now">
          {problem.message} If you have paid, the plan starts by itself as soon as we hear of it: nothing is
          lost, and you do not have to pay again.
        </Notice>
        <div className="flex flex-wrap gap-2">
          <ButtonLink to="" reloadDocument>
            Look again
          </ButtonLink>
          <ButtonLink to={paths.billing} look="quiet">
            Back to billing
          </ButtonLink>
        </div>
      </Page>
    );
  }
  return bought.paid ? <BoughtPlan {...bought} /> : <WaitForPayment planTitle={bought.planTitle} />;
}
