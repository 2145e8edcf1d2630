import type { ApiKind } from "../token-usage.ts";

/**
 * Ends of paths, longest first where one is the end of another. Compatible servers put prefixes of their own before them
 * (`/openai/deployments/x/chat/completions`, `/api/v1/messages`), so the end decides.
 */
const ENDINGS: readonly (readonly [string, ApiKind])[] = [
  ["/chat/completions", "openai_chat"],
  ["/completions", "openai_completions"],
  ["/v1/responses", "openai_responses"],
  ["/openai/responses", "openai_responses"],
  ["/embeddings", "openai_embeddings"],
  ["/v1/messages", "anthropic_messages"],
  ["/api/chat", "ollama_chat"],
  ["/api/generate", "ollama_generate"],
  ["/api/embed", "ollama_embed"],
];

/** Longest path looked at: all interfaces fit many times over. */
const MAX_PATH_CHARS = 512;

/**
 * The LLM interface that a request speaks, by its method and path (without the query); null for everything else, which is
 * then not looked at again.
 */
export function apiKindOf(method: string, path: string): ApiKind | null {
  if (method !== "POST" || path.length > MAX_PATH_CHARS) return null;
  const bare = path.endsWith("/") ? path.slice(0, -1) : path;
  // Ollama's older name for it; its answer has no counts.
  if (bare.endsWith("/api/embeddings")) return "ollama_embed";
  for (const [ending, kind] of ENDINGS) if (bare.endsWith(ending)) return kind;
  return null;
}
