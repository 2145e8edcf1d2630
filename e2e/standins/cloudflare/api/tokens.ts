import { randomBytes } from "node:crypto";
import { permissions } from "../core/permissions.ts";
import type { Token, TokenPolicy } from "../core/state.ts";
import { newHexId, timestamp } from "../core/world.ts";
import { bodyObject, type Call, type Route, route, textField } from "./call.ts";
import { page, Refusal, type Success } from "./envelope.ts";

const READ = "Account API Tokens Read";
const WRITE = "Account API Tokens Write";
const BASE = "/accounts/:account/tokens";
/** Per account. */
const MAX_TOKENS = 500;
/** What the platform token's verification says; with it and the token's hash it is an S3 key. */
export const PLATFORM_TOKEN_ID = "f0e1d2c3b4a5968778695a4b3c2d1e0f";

export const tokenRoutes: readonly Route[] = [
  route(`GET ${BASE}/verify`, null, verify),
  route(`GET ${BASE}/permission_groups`, READ, listPermissionGroups),
  route(`POST ${BASE}`, WRITE, create),
  route(`GET ${BASE}`, READ, ({ world, query }) => page(world.state.tokens.map(shown), query, 20)),
  route(`GET ${BASE}/*`, READ, (call) => ({ result: shown(known(call)) })),
  route(`PUT ${BASE}/*`, WRITE, update),
  route(`DELETE ${BASE}/*`, WRITE, remove),
  route(`PUT ${BASE}/*/value`, WRITE, roll),
];

function verify({ tokenId }: Call): Success {
  return {
    result: { id: tokenId ?? PLATFORM_TOKEN_ID, status: "active" },
    messages: [{ code: 10_000, message: "This API Token is valid and active", type: null }],
  };
}

function listPermissionGroups({ query }: Call): Success {
  const name = query.get("name");
  const scope = query.get("scope");
  const all = Object.entries(permissions).map(([of, { id, scope: its }]) => ({
    id,
    name: of,
    scopes: [its],
  }));
  return page(
    all.filter(
      (one) =>
        (name === null || one.name === name) && (scope === null || one.scopes.includes(scope as never)),
    ),
    query,
    1_000,
  );
}

function create(call: Call): Success {
  const { world } = call;
  const body = bodyObject(call);
  const name = textField(body, "name", 1_001);
  if (world.state.tokens.length >= MAX_TOKENS)
    throw new Refusal(400, 1_011, "You have reached the limit of API tokens for this account.");
  const token: Token = {
    id: newHexId(),
    name,
    value: newValue(),
    status: "active",
    policies: readPolicies(body.policies, world.accountId),
    issuedOn: moment(new Date()),
    expiresOn: readExpiry(body.expires_on),
    condition: body.condition ?? null,
    usableAt: world.usableAt(),
  };
  world.state.tokens.push(token);
  // The only answer that ever has the value.
  return { result: { ...shown(token), value: token.value } };
}

function update(call: Call): Success {
  const token = known(call);
  const body = bodyObject(call);
  token.name = textField(body, "name", 1_001);
  token.policies = readPolicies(body.policies, call.world.accountId);
  token.status = body.status === "disabled" ? "disabled" : "active";
  token.expiresOn = readExpiry(body.expires_on);
  return { result: shown(token) };
}

function remove(call: Call): Success {
  const token = known(call);
  call.world.state.tokens.splice(call.world.state.tokens.indexOf(token), 1);
  return { result: { id: token.id } };
}

/** A new secret under the same access key id. */
function roll(call: Call): Success {
  const token = known(call);
  token.value = newValue();
  token.usableAt = call.world.usableAt();
  return { result: token.value };
}

function known({ world, params }: Call): Token {
  const token = world.state.tokens.find(({ id }) => id === params[0]);
  if (!token) throw new Refusal(404, 1_003, "API token not found");
  return token;
}

function readPolicies(value: unknown, accountId: string): TokenPolicy[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new Refusal(400, 1_001, "policies must hold at least one policy");
  const ids = new Set<string>(Object.values(permissions).map(({ id }) => id));
  return value.map((policy: TokenPolicy) => {
    const groups = policy.permission_groups ?? [];
    if (groups.length === 0 || groups.some(({ id }) => !ids.has(id)))
      throw new Refusal(400, 1_001, "Invalid permission group");
    const resources = Object.keys(policy.resources ?? {});
    const fits = (resource: string) =>
      resource === `com.cloudflare.api.account.${accountId}` ||
      new RegExp(`^com\\.cloudflare\\.edge\\.r2\\.bucket\\.${accountId}_[a-z-]+_[a-z0-9-]{3,63}$`).test(
        resource,
      ) ||
      resource.startsWith("com.cloudflare.api.account.zone.");
    if (resources.length === 0 || !resources.every(fits))
      throw new Refusal(400, 1_001, "Invalid resources: not of this account");
    return { id: newHexId(), effect: policy.effect, resources: policy.resources, permission_groups: groups };
  });
}

function readExpiry(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value))
    throw new Refusal(400, 1_001, "expires_on must be like 2027-01-31T00:00:00Z");
  return value;
}

function shown(token: Token): object {
  return {
    id: token.id,
    name: token.name,
    status: token.status,
    policies: token.policies,
    issued_on: token.issuedOn,
    modified_on: token.issuedOn,
    expires_on: token.expiresOn,
    ...(token.condition === null ? {} : { condition: token.condition }),
  };
}

/** As account tokens look since 2026: a prefix, 40 characters and a checksum. */
function newValue(): string {
  return `cfat_${randomBytes(40).toString("base64url").replace(/[-_]/g, "x").slice(0, 40)}${randomBytes(4).toString("hex")}`;
}

const moment = (at: Date) => timestamp(at).replace(/\.\d+Z$/, "Z");
