/** Bytes of a body that auth routes read at most: names, addresses and passwords are short. */
export const maxAuthBodyBytes = 16 * 1024;

/** A body that no auth route can mean anything by. */
export class BadBodyError extends Error {
  readonly status: 400 | 413 | 415;
  readonly field: string | undefined;

  constructor(status: 400 | 413 | 415, message: string, field?: string) {
    super(message);
    this.name = "BadBodyError";
    this.status = status;
    this.field = field;
  }
}

/**
 * Reads the flat JSON or form body of an auth route. Postgres cannot store NUL, and unpaired surrogates come out of
 * it changed, so both are refused here, by name of the field.
 *
 * @throws BadBodyError
 */
export async function readAuthBody(request: Request): Promise<Record<string, unknown>> {
  const text = await request.text();
  if (text.length > maxAuthBodyBytes) throw new BadBodyError(413, "The body is too large.");
  if (text.trim() === "") return {};
  const type = (request.headers.get("content-type") ?? "").split(";", 1).join().trim().toLowerCase();
  if (type === "application/x-www-form-urlencoded")
    return checkFields(Object.fromEntries(new URLSearchParams(text)));
  if (type !== "application/json") throw new BadBodyError(415, "The body must be application/json.");
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new BadBodyError(400, "The body is not JSON.");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new BadBodyError(400, "The body must be a JSON object.");
  }
  return checkFields(body as Record<string, unknown>);
}

/** @throws BadBodyError when a value is no plain text, number or boolean that can be stored */
export function checkFields(body: Record<string, unknown>): Record<string, unknown> {
  for (const [field, value] of Object.entries(body)) {
    if (field === "__proto__") throw new BadBodyError(400, "This field is not known.", field);
    if (typeof value === "object" && value !== null)
      throw new BadBodyError(400, `${field} must be plain text.`, field);
    if (typeof value === "string" && (value.includes("\0") || !value.isWellFormed())) {
      throw new BadBodyError(400, `${field} has characters that cannot be stored.`, field);
    }
  }
  return body;
}

/**
 * A name that may stand in a mail. Sign-up writes to addresses of strangers, so that a name is no place for links.
 * @returns the trimmed name, or null
 */
export function cleanName(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const name = value.trim().replace(/\s+/g, " ");
  const isLink = /:\/\/|\bwww\.|[a-z0-9]\.[a-z]{2,}(?:\/|\b)/i.test(name);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  const isOdd = /[<>\u0000-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(name);
  return name.length >= 1 && name.length <= 80 && !isLink && !isOdd ? name : null;
}
