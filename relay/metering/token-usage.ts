import type { UsageSource, UsageStatus } from "../../db/schema/index.ts";

/** Which LLM interface a request spoke. */
export type ApiKind =
  | "openai_chat"
  | "openai_completions"
  | "openai_responses"
  | "openai_embeddings"
  | "anthropic_messages"
  | "ollama_chat"
  | "ollama_generate"
  | "ollama_embed";

/** Tokens of one request, as far as its answer was delivered. Whole numbers, never negative. */
export interface TokenUsage {
  readonly apiKind: ApiKind;
  /** As the upstream named it, else as the client asked; null when neither said. At most 64 characters. */
  readonly model: string | null;
  /** All input, cached or not. */
  readonly inputTokens: number;
  /** Part of the input. */
  readonly cachedTokens: number;
  /** Part of the input. */
  readonly cacheWriteTokens: number;
  /** All output, reasoning too. */
  readonly outputTokens: number;
  /** Part of the output. */
  readonly reasoningTokens: number;
  readonly source: UsageSource;
  /** `partial`: the answer ended early, whoever ended it. */
  readonly status: UsageStatus;
  readonly finishReason: string | null;
}
