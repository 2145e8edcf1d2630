import { type FormEvent, useState } from "react";
import { FieldFrame } from "~/components/ui/field.tsx";
import type { Try } from "~/lib/use-try.ts";
import { SendButtons } from "./send-buttons.tsx";

interface PlainFormProps {
  publicBaseUrl: string;
  attempt: Try;
}

/** A GET of any path, for what is no LLM server. */
export function PlainForm({ publicBaseUrl, attempt }: PlainFormProps) {
  const [path, setPath] = useState("/");

  function submit(event: FormEvent) {
    event.preventDefault();
    attempt.send({ method: "GET", path: path.startsWith("/") ? path : `/${path}` });
  }

  return (
    <form onSubmit={submit} className="grid gap-4">
      <FieldFrame
        label="Path"
        hint={
          <>
            On <code className="break-all">{publicBaseUrl}</code>
          </>
        }
      >
        {(control) => (
          <input
            {...control}
            className="control font-mono"
            value={path}
            onChange={(event) => setPath(event.target.value)}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
          />
        )}
      </FieldFrame>
      <SendButtons attempt={attempt} label="Send GET" />
    </form>
  );
}
