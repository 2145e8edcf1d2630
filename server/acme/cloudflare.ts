import {
  type CloudflareClientOptions,
  codes,
  createCloudflareClient,
  createRecords,
  isCloudflareError,
} from "../cloudflare/index.ts";

/** A zone of Cloudflare's, to the extent that proofs need it. */
export interface CloudflareZone {
  addText(name: string, value: string): Promise<void>;
  removeText(name: string, value: string): Promise<void>;
}

const COMMENT = "hotspot: proof for a certificate";
const TTL_SECONDS = 60;

/**
 * Sets TXT records over Cloudflare's API.
 * @param options.token may edit DNS of that zone
 */
export function createCloudflareZone(options: CloudflareClientOptions & { zoneId: string }): CloudflareZone {
  const records = createRecords(createCloudflareClient(options), options.zoneId);
  return {
    async addText(name, value) {
      try {
        await records.create({
          type: "TXT",
          name,
          content: quoted(value),
          comment: COMMENT,
          ttl: TTL_SECONDS,
        });
      } catch (error) {
        // Somebody was here before, perhaps we.
        if (!isCloudflareError(error, ...codes.recordIdentical)) throw error;
      }
    },
    async removeText(name, value) {
      for (const { id, content } of await records.listByName(name, "TXT")) {
        if (content.replaceAll('"', "") === value) await records.remove(id);
      }
    },
  };
}

/** As Cloudflare stores it; without quotes it warns. */
function quoted(value: string): string {
  return `"${value}"`;
}
