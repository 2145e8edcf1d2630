import { RotateCw } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "~/components/ui/button.tsx";
import { FieldFrame, TextField } from "~/components/ui/field.tsx";
import type { Models } from "~/lib/use-models.ts";
import type { Try } from "~/lib/use-try.ts";
import { SendButtons } from "./send-buttons.tsx";

interface ChatFormProps {
  models: Models;
  onReload: () => void;
  attempt: Try;
}

/** A streamed chat completion with a model that the endpoint says it has. */
export function ChatForm({ models, onReload, attempt }: ChatFormProps) {
  const [typedModel, setTypedModel] = useState("");
  const [prompt, setPrompt] = useState("Say hello and tell me in one sentence what you are.");
  const model = typedModel || models.names[0] || "";

  function submit(event: FormEvent) {
    event.preventDefault();
    const body = { model, stream: true, messages: [{ role: "user", content: prompt }] };
    attempt.send({ method: "POST", path: "/v1/chat/completions", body: JSON.stringify(body) });
  }

  return (
    <form onSubmit={submit} className="grid gap-4">
      {models.state === "some" ? (
        <FieldFrame label="Model">
          {(control) => (
            <select
              {...control}
              className="control font-mono"
              value={model}
              onChange={(event) => setTypedModel(event.target.value)}
            >
              {models.names.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          )}
        </FieldFrame>
      ) : (
        <TextField
          label="Model"
          value={typedModel}
          onChange={(event) => setTypedModel(event.target.value)}
          className="font-mono"
          placeholder={models.state === "loading" ? "asking the endpoint" : "llama3.2"}
          required
          aside={
            <Button look="plain" size="sm" busy={models.state === "loading"} onClick={onReload}>
              {models.state === "loading" ? null : <RotateCw className="size-4" aria-hidden="true" />}
              Ask again
            </Button>
          }
          hint={
            models.state === "none"
              ? "The endpoint names no models under /v1/models. If it is no LLM server, send a plain GET."
              : null
          }
        />
      )}
      <FieldFrame label="Prompt">
        {(control) => (
          <textarea
            {...control}
            className="control"
            rows={3}
            value={prompt}
            onChange={(event) => setPrompt(event.target.value)}
            required
          />
        )}
      </FieldFrame>
      <SendButtons attempt={attempt} label="Send" preparing={models.state === "loading" && !typedModel} />
    </form>
  );
}
