import { DomainError } from "../errors.ts";

/** Deeper than any input of ours; a limit keeps hostile nesting cheap. */
const MAX_DEPTH = 16;

/**
 * Refuses what no input of ours may hold and what would fail later, deeper and as a 500: text with U+0000 (Postgres
 * cannot store it) or half a surrogate pair (UTF-8 cannot write it), keys named `__proto__`, and deep nesting.
 *
 * @throws DomainError invalid/invalid_input with the field
 */
export function requireCleanInput(value: unknown): void {
  // A list of work instead of recursion: the input may be nested deeper than the stack.
  const work: { value: unknown; path: string; depth: number }[] = [{ value, path: "", depth: 0 }];
  for (let item = work.pop(); item; item = work.pop()) {
    if (typeof item.value === "string") requireCleanText(item.value, item.path);
    if (typeof item.value !== "object" || item.value === null) continue;
    if (item.depth >= MAX_DEPTH) throw unclean(item.path, `nested deeper than ${MAX_DEPTH} levels`);
    for (const [key, child] of Object.entries(item.value)) {
      const path = item.path ? `${item.path}.${key.slice(0, 64)}` : key.slice(0, 64);
      if (key === "__proto__") throw unclean(path, "this name is not allowed");
      requireCleanText(key, item.path);
      work.push({ value: child, path, depth: item.depth + 1 });
    }
  }
}

function requireCleanText(text: string, path: string): void {
  if (text.includes("\0")) throw unclean(path, "text must not contain U+0000");
  if (!text.isWellFormed()) throw unclean(path, "text must not contain half a surrogate pair");
}

function unclean(path: string, problem: string): DomainError {
  const field = path.toWellFormed().replaceAll("\0", "") || "body";
  return new DomainError("invalid", "invalid_input", `${field}: ${problem}`, { field });
}
