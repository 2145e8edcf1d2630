/** For answers with a secret: no cache on the way or in the browser keeps them. */
export const noStore = { "cache-control": "no-store" } as const;
