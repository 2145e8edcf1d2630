import { createParser } from "eventsource-parser";

/** Reads the streamed answer of `/v1/chat/completions` chunk by chunk. */
export interface ChatReader {
  /** The text that this piece of the body adds to the answer. */
  push(text: string): string;
  /** How many events have carried text. */
  readonly tokens: number;
}

/** Events may be cut anywhere between two pieces; what is no event of a completion adds nothing. */
export function createChatReader(): ChatReader {
  let added = "";
  let tokens = 0;
  const parser = createParser({
    onEvent(event) {
      const text = contentOf(event.data);
      if (text === "") return;
      added += text;
      tokens += 1;
    },
  });
  return {
    push(text) {
      added = "";
      parser.feed(text);
      return added;
    },
    get tokens() {
      return tokens;
    },
  };
}

function contentOf(data: string): string {
  const chunk = parseJson(data) as { choices?: Array<{ delta?: { content?: unknown } }> } | null;
  const content = chunk?.choices?.[0]?.delta?.content;
  return typeof content === "string" ? content : "";
}

/** The answer of a body that was not streamed, or the sentence of an error body in either of our shapes. */
export function readChatBody(text: string): { answer: string | null; error: string | null } {
  const body = parseJson(text) as {
    choices?: Array<{ message?: { content?: unknown } }>;
    error?: { message?: unknown } | string;
  } | null;
  const content = body?.choices?.[0]?.message?.content;
  const error = typeof body?.error === "string" ? body.error : body?.error?.message;
  return {
    answer: typeof content === "string" ? content : null,
    error: typeof error === "string" ? error : null,
  };
}

/** Names of models in an answer of `/v1/models`; null when it is none. */
export function readModels(text: string): string[] | null {
  const body = parseJson(text) as { data?: Array<{ id?: unknown }> } | null;
  if (!Array.isArray(body?.data)) return null;
  return body.data.map((model) => model?.id).filter((id) => typeof id === "string");
}

/** Null for what is no JSON: upstreams answer with anything. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
