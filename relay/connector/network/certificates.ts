import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { usageError } from "../exit.ts";

/**
 * The certificates to trust: the usual roots and those of the files.
 * @param files each with the flag or variable that named it
 * @returns null when there is no file: the runtime's own list is right
 * @throws ExitError usage
 */
export function readTrusted(files: { path: string; source: string }[]): readonly string[] | null {
  if (files.length === 0) return null;
  return [...rootCertificates, ...files.flatMap(({ path, source }) => readPem(path, source))];
}

function readPem(path: string, source: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usageError(`${source}: ${path} cannot be read (${code}). Name a file with PEM certificates.`);
  }
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) {
    throw usageError(`${source}: ${path} holds no PEM certificate (-----BEGIN CERTIFICATE-----).`);
  }
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch {
      throw usageError(`${source}: certificate ${index + 1} in ${path} is damaged.`);
    }
  }
  return blocks;
}
