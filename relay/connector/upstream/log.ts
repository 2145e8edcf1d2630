/** Structured log function that is passed in: a constant message, and what varies as fields. */
export type Log = (
  level: "debug" | "info" | "warn" | "error",
  message: string,
  fields?: Record<string, unknown>,
) => void;
