import type { S3Target } from "./actions.ts";
import { escapeXml, S3Refusal, xmlDocument } from "./s3-refusal.ts";
import type { R2Store, StoredObject, Upload } from "./store.ts";

const MAX_KEYS = 1_000;

/** ListObjects, both versions: in the order of the keys' bytes, pages of up to 1,000 keys and common prefixes. */
export function listObjects(store: R2Store, { bucket, query }: S3Target): string {
  const second = query.get("list-type") === "2";
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const token = query.get("continuation-token");
  const after = second
    ? token === null
      ? (query.get("start-after") ?? "")
      : Buffer.from(token, "base64url").toString()
    : (query.get("marker") ?? "");
  const limit = Math.min(MAX_KEYS, Number(query.get("max-keys") ?? MAX_KEYS));
  if (!Number.isInteger(limit) || limit < 0)
    throw new S3Refusal(400, "InvalidArgument", "max-keys is not a number");
  const contents: string[] = [];
  const prefixes = new Set<string>();
  let last = "";
  let truncated = false;
  for (const [key, object] of sorted(store.objectsOf(bucket))) {
    if (!key.startsWith(prefix) || key <= after) continue;
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const common = cut < 0 ? null : key.slice(0, cut + delimiter.length);
    // Told of on the page before.
    if (common !== null && (prefixes.has(common) || after.startsWith(common))) continue;
    if (contents.length + prefixes.size === limit) {
      truncated = true;
      break;
    }
    if (common !== null) prefixes.add(common);
    else contents.push(objectXml(key, object, encoder(query)));
    last = common ?? key;
  }
  const encode = encoder(query);
  const next = !truncated
    ? ""
    : second
      ? `<NextContinuationToken>${Buffer.from(last).toString("base64url")}</NextContinuationToken>`
      : `<NextMarker>${encode(last)}</NextMarker>`;
  return xmlDocument(
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucket}</Name>` +
      `<Prefix>${encode(prefix)}</Prefix><MaxKeys>${limit}</MaxKeys><IsTruncated>${truncated}</IsTruncated>` +
      (query.has("encoding-type") ? "<EncodingType>url</EncodingType>" : "") +
      (delimiter === "" ? "" : `<Delimiter>${encode(delimiter)}</Delimiter>`) +
      (second ? `<KeyCount>${contents.length + prefixes.size}</KeyCount>` : "") +
      `${next}${contents.join("")}` +
      `${[...prefixes].map((one) => `<CommonPrefixes><Prefix>${encode(one)}</Prefix></CommonPrefixes>`).join("")}` +
      "</ListBucketResult>",
  );
}

/** ListMultipartUploads. */
export function listUploads({ bucket, query }: S3Target, uploads: readonly Upload[]): string {
  const prefix = query.get("prefix") ?? "";
  const rows = uploads
    .filter(({ key }) => key.startsWith(prefix))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(
      ({ id, key, started }) =>
        `<Upload><Key>${escapeXml(key)}</Key><UploadId>${id}</UploadId><Initiated>${new Date(started).toISOString()}</Initiated><StorageClass>STANDARD</StorageClass></Upload>`,
    );
  return xmlDocument(
    `<ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Bucket>${bucket}</Bucket><IsTruncated>false</IsTruncated>${rows.join("")}</ListMultipartUploadsResult>`,
  );
}

/** ListParts. */
export function listParts({ bucket, key }: S3Target, upload: Upload): string {
  const rows = upload.parts.map(
    ({ number, size, md5 }) =>
      `<Part><PartNumber>${number}</PartNumber><ETag>&quot;${md5}&quot;</ETag><Size>${size}</Size></Part>`,
  );
  return xmlDocument(
    `<ListPartsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Bucket>${bucket}</Bucket><Key>${escapeXml(key)}</Key><UploadId>${upload.id}</UploadId><IsTruncated>false</IsTruncated>${rows.join("")}</ListPartsResult>`,
  );
}

function objectXml(key: string, object: StoredObject, encode: (text: string) => string): string {
  return (
    `<Contents><Key>${encode(key)}</Key><LastModified>${new Date(object.modified).toISOString()}</LastModified>` +
    `<ETag>&quot;${object.md5}&quot;</ETag><Size>${object.size}</Size><StorageClass>STANDARD</StorageClass></Contents>`
  );
}

function encoder(query: URLSearchParams): (text: string) => string {
  return query.get("encoding-type") === "url"
    ? (text) => text.split("/").map(encodeURIComponent).join("/")
    : escapeXml;
}

function sorted(objects: Map<string, StoredObject>): [string, StoredObject][] {
  return [...objects].toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
