import type { TryInput } from "./send-try.ts";
import type { TryHead } from "./try-head.ts";

/** One request and what has come back of it. Times in milliseconds since it was sent. */
export interface TryState {
  phase: "idle" | "waiting" | "streaming" | "done" | "stopped" | "failed";
  input: TryInput | null;
  head: TryHead | null;
  headMs: number | null;
  /** Text of the completion, token by token; empty for answers that are none. */
  answer: string;
  /** Events that carried text. */
  tokens: number;
  firstTokenMs: number | null;
  /** The body as it came, up to `rawLimit` characters. */
  raw: string;
  rawCut: boolean;
  totalMs: number | null;
  /** Why there is no (complete) answer, in a sentence. */
  problem: string | null;
}

export type TryAction =
  | { type: "send"; input: TryInput }
  | { type: "head"; head: TryHead; ms: number }
  | { type: "text"; text: string; answer: string; tokens: number; ms: number }
  | { type: "end"; ms: number; readWhole: (raw: string) => { answer: string | null; error: string | null } }
  | { type: "stop"; ms: number }
  | { type: "fail"; message: string; ms: number };

/** Characters of a body that the page keeps: enough to read, too few to slow the page down. */
export const rawLimit = 100_000;

export const noTry: TryState = {
  phase: "idle",
  input: null,
  head: null,
  headMs: null,
  answer: "",
  tokens: 0,
  firstTokenMs: null,
  raw: "",
  rawCut: false,
  totalMs: null,
  problem: null,
};

export function tryReducer(state: TryState, action: TryAction): TryState {
  switch (action.type) {
    case "send":
      return { ...noTry, phase: "waiting", input: action.input };
    case "head":
      return { ...state, phase: "streaming", head: action.head, headMs: action.ms };
    case "text": {
      const raw = state.raw + action.text;
      return {
        ...state,
        answer: state.answer + action.answer,
        tokens: action.tokens,
        firstTokenMs: state.firstTokenMs ?? (action.answer ? action.ms : null),
        raw: raw.slice(0, rawLimit),
        rawCut: state.rawCut || raw.length > rawLimit,
      };
    }
    case "end": {
      const whole = state.answer ? null : action.readWhole(state.raw);
      const refused = state.head !== null && state.head.status >= 400;
      return {
        ...state,
        phase: "done",
        totalMs: action.ms,
        answer: state.answer || (whole?.answer ?? ""),
        problem: refused ? (whole?.error ?? `The answer has status ${state.head?.status}.`) : null,
      };
    }
    case "stop":
      return { ...state, phase: "stopped", totalMs: action.ms };
    case "fail":
      return { ...state, phase: "failed", totalMs: action.ms, problem: action.message };
  }
}
