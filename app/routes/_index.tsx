import type { LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Hero } from "~/components/landing/hero.tsx";
import { Plans } from "~/components/landing/plans.tsx";
import { Promises } from "~/components/landing/promises.tsx";
import { Steps } from "~/components/landing/steps.tsx";
import { planFacts } from "~/lib/plan-facts.ts";

export async function loader({ context }: LoaderFunctionArgs) {
  return { exampleUrl: context.config.publicUrlFor("acme"), signedIn: context.session !== null };
}

export default function Landing() {
  const { exampleUrl, signedIn } = useLoaderData<typeof loader>();
  return (
    <main id="main">
      <Hero exampleUrl={exampleUrl} signedIn={signedIn} />
      <Steps host={new URL(exampleUrl).host} />
      <Promises />
      <Plans plans={planFacts} signedIn={signedIn} />
    </main>
  );
}
