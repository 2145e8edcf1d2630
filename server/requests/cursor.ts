import * as z from "zod";
import { DomainError } from "../errors.ts";

/** Where a page of the request log ended. */
export interface RequestCursor {
  /** Microseconds since 1970: what Postgres keeps, which a Date would cut. */
  readonly startedAtMicros: number;
  readonly id: string;
}

const schema = z.tuple([z.int().nonnegative(), z.string().min(1).max(64)]);

export function encodeCursor(cursor: RequestCursor): string {
  return Buffer.from(JSON.stringify([cursor.startedAtMicros, cursor.id])).toString("base64url");
}

/** @throws DomainError invalid/invalid_cursor */
export function decodeCursor(text: string): RequestCursor {
  try {
    const [startedAtMicros, id] = schema.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    return { startedAtMicros, id };
  } catch (cause) {
    throw new DomainError(
      "invalid",
      "invalid_cursor",
      "cursor must be a nextCursor as it was given",
      {
        field: "cursor",
      },
      { cause },
    );
  }
}
