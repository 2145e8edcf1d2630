import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { request } from "../network/http.ts";
import type { Network } from "../network/network.ts";
import type { BucketAccess } from "./access.ts";

/** For one request, ms; the SDK makes a second one. */
const TIMEOUT_MS = 20_000;

/** Commands of the S3 API and a client to send them with, for small objects and lists: bodies are text. */
export type BucketClient = typeof import("@aws-sdk/client-s3") & { client: S3Client };

/**
 * A client of the bucket that goes the way of all our requests: by proxy, trusting whom we are told to trust.
 * Loaded when it is needed: only a hub needs it, and it takes longer to load than all the rest of the program.
 */
export async function openBucket(access: BucketAccess, network: Network): Promise<BucketClient> {
  const sdk = await import("@aws-sdk/client-s3");
  const client = new sdk.S3Client({
    endpoint: access.endpoint,
    region: "auto",
    forcePathStyle: true,
    credentials: { accessKeyId: access.accessKeyId, secretAccessKey: access.secretAccessKey },
    // R2 and others like it do not know the checksums that are sent otherwise.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: 2,
    requestHandler: createHandler(network),
  });
  return { ...sdk, client };
}

/** What the SDK hands to whoever sends its requests. */
interface SdkRequest {
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  method: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: string | Uint8Array;
}

/** The SDK's own senders know no proxy. */
function createHandler(network: Network): NonNullable<S3ClientConfig["requestHandler"]> {
  return {
    async handle(asked: SdkRequest, { abortSignal }: { abortSignal?: AbortSignal } = {}) {
      const { protocol, hostname, port, path, query, method, headers, body } = asked;
      const url = `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}${queryOf(query)}`;
      const text = body === undefined ? undefined : Buffer.from(body).toString();
      const answer = request(url, {
        ...{ method, headers, timeoutMs: TIMEOUT_MS, network },
        ...(text !== undefined && { body: text }),
      });
      const { status, headers: answered, text: said } = await unlessAborted(answer, abortSignal);
      return { response: { statusCode: status, headers: answered, body: bodyOf(said) } };
    },
  };
}

function queryOf(query: SdkRequest["query"] = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((part) => `${escaped(name)}=${escaped(part ?? "")}`),
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/** As the signature has it. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function bodyOf(text: string): ReadableStream<Uint8Array> {
  return new Response(text).body ?? new ReadableStream();
}

async function unlessAborted<T>(task: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return task;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([task, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
