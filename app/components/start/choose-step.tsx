import type { ReactNode } from "react";
import { SlugField } from "~/components/slugs/slug-field.tsx";
import { Button } from "~/components/ui/button.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { type Problem, problemAt, problemElsewhere } from "~/lib/problem.ts";
import type { AvailabilityState } from "~/lib/use-availability.ts";

interface ChooseStepProps {
  slug: string;
  onSlug: (slug: string) => void;
  address: { before: string; after: string };
  availability: AvailabilityState;
  problem?: Problem | null;
  busy: boolean;
  /** Wraps the inputs in the form that claims the name. */
  form: (inputs: ReactNode) => ReactNode;
}

export function ChooseStep({ slug, onSlug, address, availability, problem, busy, form }: ChooseStepProps) {
  const elsewhere = problemElsewhere(problem, ["slug"]);
  return form(
    <div className="grid max-w-2xl grid-cols-1 gap-5">
      {elsewhere ? (
        <Notice tone="bad" announce>
          {elsewhere}
        </Notice>
      ) : null}
      <SlugField
        value={slug}
        onChange={onSlug}
        address={address}
        availability={availability}
        error={problemAt(problem, "slug")}
      />
      <p className="text-mute">
        The name is part of the address that you hand out. Names of well-known services, and names that look
        like them, are kept back. When you release a name, nobody else can take it for 30 days.
      </p>
      <Button
        type="submit"
        look="hot"
        busy={busy}
        disabled={availability.state === "refused"}
        className="justify-self-start"
      >
        Claim this name
      </Button>
    </div>,
  );
}
