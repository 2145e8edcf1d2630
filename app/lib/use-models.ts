import { useEffect, useState } from "react";
import { readModels } from "./chat-stream.ts";
import { sendTry } from "./send-try.ts";
import type { TryHead } from "./try-head.ts";

/** `none`: what answers is no LLM server (or did not answer), so a plain request suits it better. */
export type Models =
  | { state: "loading" | "none"; names: readonly string[] }
  | { state: "some"; names: readonly string[] };

/** Asks the endpoint itself for its models, once per `round`. */
export function useModels(slug: string, round: number): Models {
  const [models, setModels] = useState<Models>({ state: "loading", names: [] });

  useEffect(() => {
    const controller = new AbortController();
    // Named so that a new round is a new request.
    void askModels(slug, controller.signal, round).then((names) => {
      if (controller.signal.aborted) return;
      setModels(names.length > 0 ? { state: "some", names } : { state: "none", names });
    });
    return () => controller.abort();
  }, [slug, round]);

  return models;
}

async function askModels(slug: string, signal: AbortSignal, _round: number): Promise<string[]> {
  let head: TryHead | null = null;
  let text = "";
  const events = {
    onHead: (answered: TryHead) => {
      head = answered;
    },
    onText: (piece: string) => {
      text += piece;
    },
  };
  try {
    await sendTry(slug, { method: "GET", path: "/v1/models" }, events, signal);
  } catch {
    // Not a failure of the page: the request that the person sends next says what is wrong.
    return [];
  }
  return (head as TryHead | null)?.status === 200 ? (readModels(text) ?? []) : [];
}
