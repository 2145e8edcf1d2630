import type { TokenUsage } from "../token-usage.ts";

/** Tokens that earlier parts of a long stream have settled. */
export interface UsageParts {
  input: number;
  output: number;
}

/**
 * The part of a usage between two sums. Shares (cached, cache writes, reasoning) are told by the last part, which holds
 * them for the whole stream: they may then be more than the input and output of that part.
 */
export function difference(
  usage: TokenUsage,
  now: Readonly<UsageParts>,
  before: Readonly<UsageParts>,
  last = false,
): TokenUsage {
  return {
    ...usage,
    inputTokens: now.input - before.input,
    outputTokens: now.output - before.output,
    cachedTokens: last ? usage.cachedTokens : 0,
    cacheWriteTokens: last ? usage.cacheWriteTokens : 0,
    reasoningTokens: last ? usage.reasoningTokens : 0,
  };
}
