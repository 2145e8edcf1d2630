import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { S3Refusal } from "./s3-refusal.ts";

/** A signed request's claim: who, when, where, and over which headers. */
export interface Claim {
  readonly accessKeyId: string;
  readonly scope: string;
  readonly date: string;
  readonly region: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const MAX_SKEW_MS = 15 * 60_000;
/** R2 has one region, and takes S3's default as another name for it. */
const REGIONS = ["auto", "us-east-1"];

/**
 * Reads AWS Signature Version 4 from the Authorization header; the query form (presigned) is not had.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function readClaim(request: IncomingMessage): Claim {
  const header = request.headers.authorization;
  if (header === undefined) throw new S3Refusal(403, "AccessDenied", "Access Denied");
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/((\d{8})\/([^/]*)\/s3\/aws4_request),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  if (!found) throw new S3Refusal(400, "InvalidArgument", "Authorization header is malformed");
  const [, accessKeyId, scope, date, region, signedHeaders, signature] = found as unknown as string[];
  if (accessKeyId!.length !== 32)
    throw new S3Refusal(
      400,
      "InvalidArgument",
      `Credential access key has length ${accessKeyId!.length}, should be 32`,
    );
  if (!REGIONS.includes(region!))
    throw new S3Refusal(400, "InvalidRegionName", `The region name '${region}' is not valid. Must be auto.`);
  const at = readTime(request);
  if (Math.abs(Date.now() - at) > MAX_SKEW_MS)
    throw new S3Refusal(
      403,
      "RequestTimeTooSkewed",
      "The difference between the request time and now is too large.",
    );
  return {
    accessKeyId: accessKeyId!,
    scope: scope!,
    date: date!,
    region: region!,
    signedHeaders: signedHeaders!.split(";"),
    signature: signature!,
  };
}

/** @returns whether the request was signed with that secret, exactly as it arrived */
export function isSignedBy(request: IncomingMessage, claim: Claim, secret: string): boolean {
  const canonical = canonicalRequest(request, claim.signedHeaders);
  const toSign = [
    "AWS4-HMAC-SHA256",
    String(request.headers["x-amz-date"]),
    claim.scope,
    createHash("sha256").update(canonical).digest("hex"),
  ].join("\n");
  const parts = [claim.date, claim.region, "s3", "aws4_request"];
  const key = parts.reduce<Buffer>((made, part) => hmac(made, part), Buffer.from(`AWS4${secret}`));
  return timingSafeEqual(hmac(key, toSign), Buffer.from(claim.signature, "hex"));
}

function canonicalRequest(request: IncomingMessage, signedHeaders: readonly string[]): string {
  const [path, query = ""] = request.url!.split("?") as [string, string?];
  const pairs = query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => (pair.includes("=") ? pair : `${pair}=`));
  const headers = signedHeaders.map((name) => `${name}:${headerText(request, name)}\n`);
  return [
    request.method,
    path,
    pairs
      .toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : a < b ? -1 : 1))
      .join("&"),
    headers.join(""),
    signedHeaders.join(";"),
    String(request.headers["x-amz-content-sha256"]),
  ].join("\n");
}

const nameOf = (pair: string) => pair.split("=")[0]!;

function headerText(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return (Array.isArray(value) ? value.join(",") : (value ?? "")).trim().replace(/ +/g, " ");
}

function readTime(request: IncomingMessage): number {
  const text = String(request.headers["x-amz-date"] ?? "");
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) throw new S3Refusal(403, "AccessDenied", "x-amz-date is missing");
  const [, year, month, day, hour, minute, second] = parts.map(Number) as number[];
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
