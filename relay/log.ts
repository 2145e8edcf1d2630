import pino from "pino";

/** The little of a logger that the relay's rooms need; pino fits. */
export interface Log {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

/** Keys whose values never reach a log, wherever a field of that name is put. */
const SECRET_KEYS = [
  "authorization",
  "token",
  "connectorToken",
  "endpointToken",
  "licenseKey",
  "secret",
  "password",
];

/** The relay's logger: one JSON object a line, to stderr (stdout carries the ready line only). */
export function createLog(level: string): pino.Logger {
  return pino(
    {
      level,
      base: { process: "relay" },
      // pg puts its client on the error of a lost connection, with the key that cancels its queries.
      redact: {
        paths: [...SECRET_KEYS.flatMap((key) => [key, `*.${key}`]), "err.client"],
        censor: "(hidden)",
      },
    },
    // Asynchronous: a slow reader of our logs must not stop the data path.
    pino.destination({ fd: 2, sync: false }),
  );
}
