import { isObject, type JsonObject, tokenCount } from "./token-count.ts";

/** Counts as an upstream states them, in our own terms; a field that it left out is null. */
export interface Claim {
  /** All input, cached or not. */
  readonly input: number | null;
  readonly cached: number | null;
  readonly cacheWrite: number | null;
  /** All output, reasoning too. */
  readonly output: number | null;
  readonly reasoning: number | null;
  /** Output that is not in the answer's text although it is no reasoning: rejected predictions. */
  readonly rejected: number | null;
}

export const totalOf = (claim: Claim) => (claim.input ?? 0) + (claim.output ?? 0);

/** `usage` of OpenAI chat, completions and embeddings. Details are parts of the two sums. */
export function claimOfChat(usage: unknown): Claim | null {
  if (!isObject(usage)) return null;
  const input = part(usage, "prompt_tokens_details");
  const output = part(usage, "completion_tokens_details");
  return {
    input: tokenCount(usage.prompt_tokens),
    cached: tokenCount(input.cached_tokens),
    cacheWrite: tokenCount(input.cache_write_tokens),
    output: tokenCount(usage.completion_tokens),
    reasoning: tokenCount(output.reasoning_tokens),
    rejected: tokenCount(output.rejected_prediction_tokens),
  };
}

/** `usage` of OpenAI responses. */
export function claimOfResponses(usage: unknown): Claim | null {
  if (!isObject(usage)) return null;
  const input = part(usage, "input_tokens_details");
  const output = part(usage, "output_tokens_details");
  return {
    input: tokenCount(usage.input_tokens),
    cached: tokenCount(input.cached_tokens),
    cacheWrite: tokenCount(input.cache_write_tokens),
    output: tokenCount(usage.output_tokens),
    reasoning: tokenCount(output.reasoning_tokens),
    rejected: null,
  };
}

/** `timings` of llama.cpp, which stand in where `usage` is missing. `prompt_n` leaves out what came from the cache. */
export function claimOfTimings(timings: unknown): Claim | null {
  if (!isObject(timings)) return null;
  const output = tokenCount(timings.predicted_n);
  const fresh = tokenCount(timings.prompt_n);
  if (output === null || fresh === null) return null;
  const cached = tokenCount(timings.cache_n);
  return { input: fresh + (cached ?? 0), cached, cacheWrite: null, output, reasoning: null, rejected: null };
}

/** Counts of Ollama's own interface. A zero is sent as a missing key. */
export function claimOfOllama(answer: JsonObject): Claim {
  return {
    input: tokenCount(answer.prompt_eval_count) ?? 0,
    cached: null,
    cacheWrite: null,
    output: tokenCount(answer.eval_count) ?? 0,
    reasoning: null,
    rejected: null,
  };
}

/**
 * Anthropic's `usage` in the order it comes: each later one restates some fields. Per field the last number that is there
 * wins, except that a zero does not take back a count.
 */
export class AnthropicUsage {
  private input: number | null = null;
  private cacheWrite: number | null = null;
  private cacheRead: number | null = null;
  private output: number | null = null;
  private reasoning: number | null = null;

  /** @param provisional `message_start`: its output count is not one of what was delivered */
  add(usage: unknown, provisional: boolean): void {
    if (!isObject(usage)) return;
    this.input = later(this.input, usage.input_tokens);
    this.cacheWrite = later(this.cacheWrite, usage.cache_creation_input_tokens);
    this.cacheRead = later(this.cacheRead, usage.cache_read_input_tokens);
    if (provisional) return;
    this.output = later(this.output, usage.output_tokens);
    const details = part(usage, "output_tokens_details");
    this.reasoning = later(this.reasoning, details.thinking_tokens ?? details.reasoning_tokens);
  }

  get hasOutput(): boolean {
    return this.output !== null;
  }

  /** Cache tokens stand beside `input_tokens`, not in them. */
  claim(): Claim {
    const { input, cacheWrite, cacheRead, output, reasoning } = this;
    const known = input !== null || cacheWrite !== null || cacheRead !== null;
    const sum = (input ?? 0) + (cacheWrite ?? 0) + (cacheRead ?? 0);
    return { input: known ? sum : null, cached: cacheRead, cacheWrite, output, reasoning, rejected: null };
  }
}

function later(before: number | null, value: unknown): number | null {
  const count = tokenCount(value);
  return count === null || (count === 0 && before !== null) ? before : count;
}

function part(usage: JsonObject, name: string): JsonObject {
  const value = usage[name];
  return isObject(value) ? value : {};
}
