import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { MailTransport, OutgoingMail } from "./transport.ts";

/** A captured message. */
export interface CapturedMail extends OutgoingMail {
  /** Sortable: later mail has the greater id. */
  readonly id: string;
  /** ISO time of capture. */
  readonly at: string;
}

/** Messages that are kept; the oldest go first. Enough for any local run, small enough to list at once. */
const keep = 500;
const idPattern = /^[0-9]{14}-[0-9a-f]{8}$/;
let sequence = 0;

/** Keeps mail as one JSON file per message in `directory` instead of sending it. */
export function createMailbox(directory: string): MailTransport {
  return {
    kind: "mailbox",
    async deliver(mail) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const now = new Date();
      // Messages of one millisecond keep their order.
      const id = `${String(now.getTime()).padStart(14, "0")}-${(sequence++ % 0x10000).toString(16).padStart(4, "0")}${randomBytes(2).toString("hex")}`;
      const captured: CapturedMail = { id, at: now.toISOString(), ...mail };
      const draft = join(directory, `.${id}.tmp`);
      await writeFile(draft, JSON.stringify(captured, null, 2), { mode: 0o600 });
      await rename(draft, join(directory, `${id}.json`));
      const old = (await listIds(directory)).slice(keep);
      await Promise.all(old.map((stale) => rm(join(directory, `${stale}.json`), { force: true })));
    },
    close() {},
  };
}

/** Captured mail, newest first. @param to only mail to this address, upper and lower case alike */
export async function listCapturedMail(directory: string, to?: string): Promise<CapturedMail[]> {
  const mails = await Promise.all((await listIds(directory)).map((id) => findCapturedMail(directory, id)));
  const wanted = to?.trim().toLowerCase();
  return mails.filter((mail) => mail !== null).filter((mail) => !wanted || mail.to.toLowerCase() === wanted);
}

/** One captured mail; null when there is none of that id. */
export async function findCapturedMail(directory: string, id: string): Promise<CapturedMail | null> {
  if (!idPattern.test(id)) return null;
  try {
    return JSON.parse(await readFile(join(directory, `${id}.json`), "utf8")) as CapturedMail;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function listIds(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory))
      .map((file) => file.replace(/\.json$/, ""))
      .filter((id) => idPattern.test(id))
      .sort()
      .reverse();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
