import { Check } from "lucide-react";
import { ButtonLink } from "~/components/ui/button.tsx";
import { formatBytes, plural } from "~/lib/format.ts";
import type { PlanFacts } from "~/lib/free-plan.ts";
import { paths } from "~/lib/paths.ts";

export function Plans({ free, signedIn }: { free: PlanFacts; signedIn: boolean }) {
  const facts = [
    `${plural(free.endpoints, "endpoint")} with a name of your choice`,
    `${plural(free.devices, "device")}, ${plural(free.connectors, "connector")} at a time`,
    `Request bodies up to ${formatBytes(free.maxBodyBytes)}, answers without a limit`,
    "Access keys, request log, the whole API",
  ];
  return (
    <section aria-labelledby="plans" className="mx-auto max-w-6xl px-4 pb-16 sm:px-6">
      <div className="grid gap-8 rounded-lg border border-line bg-surface p-6 sm:p-8 md:grid-cols-[1fr_auto] md:items-center">
        <div>
          <h2 id="plans" className="text-[1.6rem]">
            One plan today, and it is free
          </h2>
          <ul className="mt-5 grid gap-x-8 gap-y-2.5 sm:grid-cols-2">
            {facts.map((fact) => (
              <li key={fact} className="flex gap-2.5">
                <Check className="mt-1 size-4 shrink-0 text-ok" aria-hidden="true" />
                {fact}
              </li>
            ))}
          </ul>
          <p className="mt-5 text-mute">
            No card asked for. Plans with more endpoints are not on sale yet; what you set up now moves along.
          </p>
        </div>
        <ButtonLink to={signedIn ? paths.endpoints : paths.signUp} size="lg">
          {signedIn ? "Your endpoints" : "Sign up free"}
        </ButtonLink>
      </div>
    </section>
  );
}
