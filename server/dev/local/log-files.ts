import { mkdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";

/** A log over this size is set aside at the next start; the one set aside before is overwritten. */
const MAX_LOG_BYTES = 20 * 1024 * 1024;

/** Makes the folder of the logs and keeps each log within twice the limit. */
export async function prepareLogs(dataDir: string, names: readonly string[]): Promise<void> {
  const folder = join(dataDir, "logs");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of names) {
    const path = join(folder, `${name}.log`);
    const size = await stat(path).then(
      (found) => found.size,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return 0;
        throw error;
      },
    );
    if (size > MAX_LOG_BYTES) await rename(path, `${path}.1`);
  }
}
