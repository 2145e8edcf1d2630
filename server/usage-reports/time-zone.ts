import { DomainError } from "../errors.ts";

/** Names only: Postgres reads an offset such as `+05:30` with the opposite sign. */
const zoneName = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;

/**
 * A time zone by its IANA name, such as `Europe/Berlin`.
 *
 * @throws DomainError invalid/invalid_time_zone
 */
export function requireTimeZone(name: string): string {
  if (zoneName.test(name)) {
    try {
      return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new DomainError(
    "invalid",
    "invalid_time_zone",
    "timeZone must be an IANA name such as Europe/Berlin",
    { field: "timeZone" },
  );
}
