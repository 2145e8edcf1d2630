import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { RequestArchive } from "./purge.ts";

export interface ArchiveConfig {
  /** `https://<account>.r2.cloudflarestorage.com`, or any S3-compatible server. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** `auto` for R2. */
  readonly region: string;
}

const compress = promisify(gzip);

/**
 * Keeps request-log rows in a bucket as gzip JSON lines, one object per tenant, day and batch:
 * `requests/<tenant>/<day>/<id of the first row>.jsonl.gz`. The same batch makes the same object, so a purge that broke
 * off writes it again and nothing twice.
 */
export function createRequestArchive(config: ArchiveConfig): RequestArchive & { close(): void } {
  const client = new S3Client({
    endpoint: config.endpoint,
    region: config.region,
    credentials: { accessKeyId: config.accessKeyId, secretAccessKey: config.secretAccessKey },
    forcePathStyle: true,
    // The SDK's own CRC32 checksums are refused by several S3-compatible servers.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  return {
    async store({ tenantId, day, rows }) {
      const lines = rows.map((row) => JSON.stringify(row)).join("\n");
      await client.send(
        new PutObjectCommand({
          Bucket: config.bucket,
          Key: `requests/${encodeURIComponent(tenantId)}/${day}/${rows[0]!.id}.jsonl.gz`,
          Body: await compress(`${lines}\n`),
          ContentType: "application/x-ndjson",
          ContentEncoding: "gzip",
        }),
      );
    },
    close: () => client.destroy(),
  };
}
