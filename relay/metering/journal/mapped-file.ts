import { closeSync, fdatasync, ftruncateSync, openSync, writeSync } from "node:fs";

/** A file of fixed size whose bytes are written in memory and belong to the kernel from then on. */
export interface MappedFile {
  readonly bytes: Buffer;
  /** Bytes `[from, to)` have been written. */
  written(from: number, to: number): void;
  /** Resolves when everything written so far is on the disk itself. @throws on an error of the disk */
  sync(): Promise<void>;
  /** Ends writing; the file keeps its first `length` bytes. */
  close(length: number): void;
}

/** Opens a file that has its full size on the disk already. On Bun it is mapped; elsewhere each record is a `write`. */
export function openMapped(path: string, size: number): MappedFile {
  const fd = openSync(path, "r+");
  const isMapped = typeof Bun !== "undefined";
  const bytes = isMapped ? asBuffer(Bun.mmap(path, { shared: true })) : Buffer.alloc(size);
  return {
    bytes,
    written(from, to) {
      if (!isMapped) writeSync(fd, bytes, from, to - from, from);
    },
    sync: () => new Promise((done, failed) => fdatasync(fd, (error) => (error ? failed(error) : done()))),
    close(length) {
      ftruncateSync(fd, length);
      closeSync(fd);
    },
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
