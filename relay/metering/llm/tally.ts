import type { ApiKind, TokenUsage } from "../token-usage.ts";
import { type Claim, totalOf } from "./claim.ts";
import { textBytesOf } from "./token-count.ts";

/**
 * Most input that a claim may state. Input cannot be held against the bytes of the request (files, images and earlier
 * turns are named there, not sent); ten million is the longest context that any model offers.
 */
export const MAX_INPUT_TOKENS = 10_000_000;
/** Most output that is not in the answer's text (reasoning, rejected predictions): twice the longest that models offer. */
export const MAX_HIDDEN_TOKENS = 1_000_000;
/** Text of one token, when nothing better is known. */
const BYTES_PER_TOKEN = 4;
/** Pieces of at most this many bytes on average: the server sends one event per token. */
const MAX_BYTES_OF_ONE = 8;
/** A message costs its role and separators on top of its text. */
const TOKENS_PER_MESSAGE = 4;
const MAX_MODEL_CHARS = 64;

/** What is known of a request's size, for the estimate of its input. */
export interface InputFacts {
  readonly textBytes: number;
  readonly messages: number;
  readonly model: string | null;
}

export interface Settlement {
  /** The answer was delivered as the upstream ended it. */
  readonly whole: boolean;
  /** Status of the response, 0 when none came. */
  readonly httpStatus: number;
}

/**
 * Adds up what one answer says of itself and what was seen of it. Rules:
 * - The last `usage` with a total above zero counts; each is cumulative, none is ever added to another.
 * - Text that came after it, and all text when there is none, is estimated: one piece of text is one token where pieces
 *   have 8 bytes or less on average, else bytes/4. Input is estimated as text bytes/4 plus 4 per message.
 * - A claim of no output beside visible text, or of no input beside any output, is no claim.
 * - Output outside of reasoning is at most the bytes of the answer; reasoning, rejected predictions and input have
 *   absolute bounds. What had to be cut counts as estimated.
 */
export class Tally {
  /** Pieces of output and their bytes. */
  pieces = 0;
  textBytes = 0;
  /** Bytes of the answer's body, decoded. */
  bodyBytes = 0;
  finishReason: string | null = null;
  /** The upstream reported an error instead of, or in the middle of, an answer. */
  failed = false;
  /** The answer's own end was seen: what comes after is of no matter. */
  ended = false;
  /** Something that belongs to the interface was read. */
  recognised = false;
  input: InputFacts | null = null;
  private readonly kind: ApiKind;
  private modelName: string | null = null;
  private claimed: Claim | null = null;
  private claimedPieces = 0;
  private claimedBytes = 0;

  constructor(kind: ApiKind) {
    this.kind = kind;
  }

  text(text: unknown): void {
    const bytes = textBytesOf(text);
    if (bytes === 0) return;
    this.pieces++;
    this.textBytes += bytes;
  }

  model(name: unknown): void {
    if (this.modelName === null && typeof name === "string" && name !== "") this.modelName = plain(name);
  }

  finish(reason: unknown): void {
    if (typeof reason === "string" && reason !== "") this.finishReason = plain(reason);
  }

  /** Takes a statement of the upstream; it covers the text seen so far. */
  claim(claim: Claim | null): void {
    if (claim === null) return;
    if (this.claimed !== null && totalOf(claim) === 0 && totalOf(this.claimed) > 0) return;
    this.claimed = claim;
    this.claimedPieces = this.pieces;
    this.claimedBytes = this.textBytes;
  }

  get modelOrNull(): string | null {
    return this.modelName;
  }

  get hasClaim(): boolean {
    return this.claimed !== null && totalOf(this.claimed) > 0;
  }

  /** Input and output as they stand: cheap enough for every event. */
  liveTotal(httpStatus: number): number {
    const output = this.output();
    return Math.min(this.inputTokens(output, httpStatus), MAX_INPUT_TOKENS) + this.limitOutput(output);
  }

  /** A number of output tokens that the final count will hardly fall below. */
  leastOutput(): number {
    const { claimed } = this;
    const sinceClaim = Math.min(
      this.pieces - this.claimedPieces,
      Math.floor((this.textBytes - this.claimedBytes) / BYTES_PER_TOKEN),
    );
    return this.limitOutput((claimed?.output ?? 0) + sinceClaim);
  }

  /** Input as the upstream states it; 0 while it has not. */
  leastInput(): number {
    return Math.min(this.claimed?.input ?? 0, MAX_INPUT_TOKENS);
  }

  usage({ whole, httpStatus }: Settlement): TokenUsage {
    const { claimed } = this;
    const output = this.output();
    const input = this.inputTokens(output, httpStatus);
    const outputTokens = this.limitOutput(output);
    const inputTokens = Math.min(input, MAX_INPUT_TOKENS);
    const cachedTokens = Math.min(claimed?.cached ?? 0, inputTokens);
    const failed = this.failed || httpStatus >= 400;
    const isClaim =
      this.hasClaim &&
      input === (claimed?.input ?? 0) &&
      output === (claimed?.output ?? 0) &&
      inputTokens === input &&
      outputTokens === output;
    const said = claimed !== null && input + output === 0;
    return {
      apiKind: this.kind,
      model: this.modelName ?? (this.input?.model == null ? null : plain(this.input.model)),
      inputTokens,
      cachedTokens,
      cacheWriteTokens: Math.min(claimed?.cacheWrite ?? 0, inputTokens - cachedTokens),
      outputTokens,
      reasoningTokens: Math.min(claimed?.reasoning ?? 0, outputTokens),
      source: isClaim || said ? "provider" : inputTokens + outputTokens > 0 ? "estimated" : "none",
      status: failed ? "error" : whole || this.ended ? "complete" : "partial",
      finishReason: this.finishReason,
    };
  }

  private output(): number {
    const { claimed, pieces, textBytes } = this;
    const count = claimed?.output ?? 0;
    if (count === 0) return estimate(pieces, textBytes);
    return count + estimate(pieces - this.claimedPieces, textBytes - this.claimedBytes);
  }

  private inputTokens(output: number, httpStatus: number): number {
    const { claimed, input } = this;
    const count = claimed?.input ?? 0;
    if (count > 0) return count;
    // Nothing was worked on: no tokens.
    if (input === null || httpStatus >= 400) return 0;
    if (output === 0 && !this.isEmbedding) return 0;
    if (this.isEmbedding && (!this.recognised || this.failed)) return 0;
    return Math.ceil(input.textBytes / BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE * input.messages;
  }

  private get isEmbedding(): boolean {
    return this.kind === "openai_embeddings" || this.kind === "ollama_embed";
  }

  private limitOutput(output: number): number {
    const { claimed } = this;
    const hidden = Math.min((claimed?.reasoning ?? 0) + (claimed?.rejected ?? 0), output);
    return Math.min(output - hidden, this.bodyBytes) + Math.min(hidden, MAX_HIDDEN_TOKENS);
  }
}

function estimate(pieces: number, bytes: number): number {
  if (bytes <= pieces * MAX_BYTES_OF_ONE) return pieces;
  return Math.max(pieces, Math.ceil(bytes / BYTES_PER_TOKEN));
}

/** Answers are read one byte per character: what is kept of them is text again, without control characters. */
function plain(name: string): string {
  const bytes = isBytes(name) ? Buffer.from(name, "latin1").toString("utf8") : name;
  // Control characters out: Postgres stores no NUL.
  const text = bytes.replace(/\p{Cc}/gu, "");
  // Half of a surrogate pair cannot be stored.
  return text.slice(0, MAX_MODEL_CHARS).toWellFormed();
}

function isBytes(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}
