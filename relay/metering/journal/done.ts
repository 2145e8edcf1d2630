import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";

const fileOf = (dir: string) => join(dir, "handed-over.json");

/** Notes that all of a journal is in Postgres. */
export async function markHandedOver(dir: string): Promise<void> {
  await writeFile(fileOf(dir), `${JSON.stringify({ at: new Date().toISOString() })}\n`);
}

export async function isHandedOver(dir: string): Promise<boolean> {
  try {
    await access(fileOf(dir));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
