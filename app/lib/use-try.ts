import { useCallback, useEffect, useReducer, useRef } from "react";
import { createChatReader, readChatBody } from "./chat-stream.ts";
import { sendTry, type TryInput } from "./send-try.ts";
import { noTry, type TryState, tryReducer } from "./try-state.ts";

export interface Try {
  state: TryState;
  /** Sends; a request that is still running is stopped first. */
  send: (input: TryInput) => void;
  stop: () => void;
}

/** One request to an endpoint and its answer so far. Leaving the page stops it, at the upstream too. */
export function useTry(slug: string): Try {
  const [state, dispatch] = useReducer(tryReducer, noTry);
  const running = useRef<AbortController | null>(null);

  const stop = useCallback(() => running.current?.abort(), []);
  useEffect(() => stop, [stop]);

  const send = useCallback(
    (input: TryInput) => {
      running.current?.abort();
      const controller = new AbortController();
      running.current = controller;
      const started = performance.now();
      const elapsed = () => performance.now() - started;
      const chat = createChatReader();
      dispatch({ type: "send", input });
      sendTry(
        slug,
        input,
        {
          onHead: (head) => dispatch({ type: "head", head, ms: elapsed() }),
          onText: (text) => {
            if (controller.signal.aborted) return;
            dispatch({ type: "text", text, answer: chat.push(text), tokens: chat.tokens, ms: elapsed() });
          },
        },
        controller.signal,
      )
        .then(() => dispatch({ type: "end", readWhole: readChatBody, ms: elapsed() }))
        .catch((error: unknown) => {
          if (running.current !== controller) return;
          if (controller.signal.aborted) return dispatch({ type: "stop", ms: elapsed() });
          dispatch({ type: "fail", message: messageOf(error), ms: elapsed() });
        });
    },
    [slug],
  );

  return { state, send, stop };
}

function messageOf(error: unknown): string {
  // A TypeError is how fetch reports that no answer came, or that it broke off.
  if (error instanceof TypeError || !(error instanceof Error))
    return "The connection to the portal broke off.";
  return error.message;
}
