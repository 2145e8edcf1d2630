/** Request number and length, four bytes each, before every head and every answer between the two bare programs. */
export const BARE_HEADER_BYTES = 8;

/** @returns offset after the header */
export function writeBareHeader(target: Buffer, at: number, id: number, length: number): number {
  target.writeUInt32BE(id, at);
  return target.writeUInt32BE(length, at + 4);
}

export function readBareHeader(bytes: Buffer, at: number): { id: number; length: number } {
  return { id: bytes.readUInt32BE(at), length: bytes.readUInt32BE(at + 4) };
}
