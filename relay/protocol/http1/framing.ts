/**
 * How a body ends. The first three are the numbers of the OPEN frame (`BodyFraming` in relay/routes/tunnel.ts);
 * `untilClose` is for responses only.
 */
export const Framing = { none: 0, length: 1, chunked: 2, untilClose: 3 } as const;
export type Framing = (typeof Framing)[keyof typeof Framing];
