import { useFetcher } from "@remix-run/react";
import { useRef } from "react";
import { Button } from "~/components/ui/button.tsx";
import { TextField } from "~/components/ui/field.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { paths } from "~/lib/paths.ts";
import { type Problem, problemAt, problemElsewhere } from "~/lib/problem.ts";
import { useReply } from "~/lib/use-reply.ts";

/** Claims a host name for the endpoint. */
export function DomainForm({ slug }: { slug: string }) {
  const fetcher = useFetcher<{ problem: Problem | null }>();
  const form = useRef<HTMLFormElement>(null);
  useReply(fetcher, ({ problem }) => {
    if (!problem) form.current?.reset();
  });
  const problem = fetcher.data?.problem ?? null;
  const elsewhere = problemElsewhere(problem, ["host"]);
  return (
    <fetcher.Form ref={form} method="post" action={paths.endpointDomains(slug)} className="grid gap-4">
      {elsewhere ? (
        <Notice tone="bad" announce>
          {elsewhere}
        </Notice>
      ) : null}
      <div className="grid items-start gap-4 sm:max-w-[36rem]">
        <TextField
          label="Host name"
          name="host"
          placeholder="api.example.com"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={500}
          required
          hint="A name in a domain of yours whose DNS you can change."
          error={problemAt(problem, "host")}
        />
      </div>
      <Button type="submit" busy={fetcher.state !== "idle"} className="justify-self-start">
        Add the domain
      </Button>
    </fetcher.Form>
  );
}
