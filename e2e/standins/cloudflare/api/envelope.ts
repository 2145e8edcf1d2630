/** Cloudflare says no: an HTTP status and a code of its own. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface Success {
  readonly result: unknown;
  readonly resultInfo?: object;
  readonly messages?: readonly object[];
}

/** An answer's body, as every route but GraphQL has it. */
export function envelope(success: Success): object {
  return {
    success: true,
    errors: [],
    messages: success.messages ?? [],
    result: success.result,
    ...(success.resultInfo ? { result_info: success.resultInfo } : {}),
  };
}

export function refused(code: number, message: string): object {
  return { success: false, errors: [{ code, message }], messages: [], result: null };
}

/** One page of a list with page numbers; a page after the last is empty. */
export function page<T>(all: readonly T[], query: URLSearchParams, defaultSize: number): Success {
  const size = wholeNumber(query.get("per_page"), defaultSize);
  const number = wholeNumber(query.get("page"), 1);
  const result = all.slice((number - 1) * size, number * size);
  return {
    result,
    resultInfo: {
      page: number,
      per_page: size,
      count: result.length,
      total_count: all.length,
      total_pages: Math.ceil(all.length / size),
    },
  };
}

function wholeNumber(text: string | null, otherwise: number): number {
  if (text === null) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Refusal(400, 1_001, `not a page: ${text}`);
  return value;
}
