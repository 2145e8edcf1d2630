/**
 * Why a head was refused. Parsers return the number; it is negative so that it never meets an offset, and 0 is
 * "incomplete". `HEAD_INCOMPLETE` asks for more bytes.
 */
export const HEAD_INCOMPLETE = 0;
export const HeadFault = {
  malformed: -1,
  headTooLarge: -2,
  targetTooLong: -3,
  version: -4,
  method: -5,
  expectation: -6,
} as const;
export type HeadFault = (typeof HeadFault)[keyof typeof HeadFault];

const statuses: Record<HeadFault, number> = {
  [HeadFault.malformed]: 400,
  [HeadFault.headTooLarge]: 431,
  [HeadFault.targetTooLong]: 414,
  [HeadFault.version]: 505,
  [HeadFault.method]: 405,
  [HeadFault.expectation]: 417,
};

/** The status a server answers a refused request head with, before it closes the connection. */
export function faultStatus(fault: number): number {
  return statuses[fault as HeadFault] ?? 400;
}
