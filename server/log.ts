import pino, { type DestinationStream, type Logger } from "pino";

export type { Logger } from "pino";

/** Keys whose values never reach a log line, at the top of a line and up to two levels below. */
const secretKeys = [
  "authorization",
  "cookie",
  "password",
  "newPassword",
  "secret",
  "token",
  "licenseKey",
  "endpointToken",
  "connectorToken",
  "accessKey",
  "apiKey",
  "set-cookie",
  "x-api-key",
  "api-key",
  "x-hotspot-proxy-auth",
  "databaseUrl",
  "connectionString",
];
const paths = [
  ...secretKeys.flatMap((key) => ["", "*.", "*.*."].map((prefix) => bracket(prefix, key))),
  // pg puts its client on the error of a lost connection, with the key that cancels its queries.
  "err.client",
];

function bracket(prefix: string, key: string): string {
  return key.includes("-") ? `${prefix.replace(/\.$/, "")}["${key}"]` : `${prefix}${key}`;
}

/**
 * The process's structured logger: JSON lines on stderr (stdout is for the ready line). Take a child and add what is
 * known: request id, then tenant, then endpoint. A message is a constant; what varies is a field.
 *
 * @param destination for tests
 */
export function createLog(
  options: { process: string; level: string },
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Logger {
  return pino(
    {
      level: options.level,
      base: { process: options.process },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths, censor: "[secret]" },
      serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    },
    destination,
  );
}
