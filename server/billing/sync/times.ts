/** Stripe counts whole seconds since 1970. */
export const dateOf = (seconds: number) => new Date(seconds * 1000);
export const dateOrNull = (seconds: number | null | undefined) =>
  seconds === null || seconds === undefined ? null : dateOf(seconds);

/** Stripe gives a related object by its id, or whole when it was asked to. */
export const idOf = (related: string | { readonly id: string } | null | undefined): string | null =>
  typeof related === "object" ? (related?.id ?? null) : (related ?? null);

/** The whole object, when it was asked for and is there. */
export const wholeOf = <T extends object>(related: string | T | null | undefined): T | null =>
  typeof related === "object" ? related : null;
