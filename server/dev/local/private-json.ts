import { rename, writeFile } from "node:fs/promises";

/** Writes a file that only its owner can read; readers see the old content or the new, never a part. */
export async function writePrivateJson(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, path);
}
