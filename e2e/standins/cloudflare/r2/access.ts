import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { PLATFORM_TOKEN_ID } from "../api/tokens.ts";
import { grants, permissions } from "../core/permissions.ts";
import type { Bucket, Token } from "../core/state.ts";
import type { World } from "../core/world.ts";
import type { Action } from "./actions.ts";
import { S3Refusal } from "./s3-refusal.ts";
import { isSignedBy, readClaim } from "./sigv4.ts";

/** A key of S3: its id is that of a token, its secret the hash of the token's value. */
export const secretOf = (value: string): string => createHash("sha256").update(value).digest("hex");

/**
 * Who signed a request. The platform's token is a key too.
 *
 * @throws S3Refusal 401 for a key that is not, no longer or not yet there, 403 for a wrong signature
 */
export function authenticate(
  world: World,
  platformToken: string,
  request: IncomingMessage,
): Token | "platform" {
  const claim = readClaim(request);
  const token = claim.accessKeyId === PLATFORM_TOKEN_ID ? "platform" : world.tokenById(claim.accessKeyId);
  if (token === undefined) throw new S3Refusal(401, "Unauthorized", "Unauthorized");
  if (!isSignedBy(request, claim, secretOf(token === "platform" ? platformToken : token.value)))
    throw new S3Refusal(
      403,
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your secret access key and signing method.",
    );
  return token;
}

/** @throws S3Refusal 403 unless the key is for that bucket and that kind of request */
export function authorize(
  world: World,
  who: Token | "platform",
  bucket: Bucket | null,
  action: Action,
): void {
  const allowed =
    who === "platform"
      ? grants(world.granted, `Workers R2 Storage ${action.needs === "read" ? "Read" : "Write"}`)
      : bucket !== null && isAllowed(world, who, bucket, action);
  if (!allowed) throw new S3Refusal(403, "AccessDenied", "Access Denied");
}

function isAllowed(world: World, token: Token, bucket: Bucket, { needs }: Action): boolean {
  const resource = `com.cloudflare.edge.r2.bucket.${world.accountId}_${bucket.jurisdiction}_${bucket.name}`;
  const write = permissions["Workers R2 Storage Bucket Item Write"].id;
  const read = permissions["Workers R2 Storage Bucket Item Read"].id;
  const sufficient: string[] = needs === "admin" ? [] : needs === "write" ? [write] : [read, write];
  const covers = token.policies.filter(({ resources }) => resources[resource] === "*");
  return (
    covers.every(({ effect }) => effect === "allow") &&
    covers.some(({ permission_groups }) => permission_groups.some(({ id }) => sufficient.includes(id)))
  );
}
