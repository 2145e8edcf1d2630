import { FieldKind, Framing, type RequestHead } from "../protocol/http1/index.ts";
import { covers } from "../tls/certificate.ts";
import { type Access, presentedSecret } from "./access.ts";
import { limitKey } from "./address.ts";
import type { Answer } from "./answer.ts";
import { admitBudget } from "./budget.ts";
import { copyOf, latin1, sameBytes } from "./bytes.ts";
import type { EdgeContext } from "./context.ts";
import type { EdgeRoute } from "./deps.ts";
import type { ErrorLink } from "./error-page.ts";
import { type EdgeErrorCode, edgeErrors } from "./errors.ts";
import { type Forwarding, forwardingOf, MAX_PASSES, type Peer } from "./forwarding.ts";
import { type HostMatch, matchHost } from "./host.ts";
import { hostNameOf, httpsRedirect } from "./https-redirect.ts";
import { KnownLines } from "./known-lines.ts";
import { challengeAnswer, linkPath, ownAnswer, portalRedirect } from "./own-paths.ts";
import type { RateBucket } from "./rate-limit.ts";

/** What becomes of a request. */
export type Verdict =
  | { readonly kind: "forward" }
  | {
      readonly kind: "error";
      readonly code: EdgeErrorCode;
      readonly message?: string | null;
      readonly link?: ErrorLink;
      readonly fields?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "link"; readonly path: "/connect" | "/ws/connect" };

/** What is kept of a connection for its next request. */
export interface ConnectionMemo {
  readonly lines: KnownLines;
  /** The last Host value, and what it meant. */
  hostValue: Uint8Array;
  host: HostMatch;
  /** The certificate of the connection does not cover it. */
  misdirected: boolean;
  bucket: RateBucket | null;
  /** Tenant of `bucket`. */
  bucketOf: string;
  /** Of `tenantBucketOf`, whoever its clients are. */
  tenantBucket: RateBucket | null;
  tenantBucketOf: string;
}

export function emptyMemo(): ConnectionMemo {
  return {
    lines: new KnownLines(),
    hostValue: new Uint8Array(0),
    host: { kind: "invalid" },
    misdirected: false,
    bucket: null,
    tenantBucket: null,
    tenantBucketOf: "",
    bucketOf: "",
  };
}

/** The request as admission sees it; what it finds out is written into it. */
export interface Applicant {
  readonly requestId: string;
  /** The client went away meanwhile. */
  readonly finished: boolean;
  readonly peer: Peer;
  readonly memo: ConnectionMemo;
  /** The parsed head; may be parsed again, so ask each time after waiting. */
  head(): RequestHead;
  readonly startedAt: number;
  route: EdgeRoute | null;
  /** Of the route; empty before it is known. */
  readonly tenantId: string;
  readonly endpointId: string;
  forwarding: Forwarding | null;
  accessKeyId: string | null;
}

/**
 * Host name -> route -> rate limit -> own paths -> state -> access key -> limits of size -> budgets. Answers at once when all of it is
 * cached. A rejected promise means that something could not be looked up.
 */
export function admit(edge: EdgeContext, request: Applicant): Verdict | Promise<Verdict> {
  const head = request.head();
  if (head.host < 0) return { kind: "error", code: "invalid_host" };
  const host = hostOf(edge, request, head);
  if (host.kind === "invalid") return { kind: "error", code: "invalid_host" };
  if (request.memo.misdirected) {
    edge.stats.misdirected++;
    return { kind: "error", code: "misdirected_request" };
  }
  request.forwarding = forwardingFor(edge, request, head);
  if (request.forwarding.passes >= MAX_PASSES) return { kind: "error", code: "loop_detected" };
  if (edge.config.httpsRedirect === true && request.forwarding.scheme === "http") {
    const answer = httpsRedirect(edge, head, request.peer, host);
    if (answer !== null) return { kind: "answer", answer };
  }
  if (host.kind === "foreign") return admitForeign(edge, request, host.name);
  if (host.kind !== "label") return admitStranger(edge, request, host.kind === "apex");
  const found = edge.deps.routes.lookup(host.slug);
  if (found instanceof Promise) return found.then((route) => admitRoute(edge, request, route, host.slug));
  return admitRoute(edge, request, found, host.slug);
}

function forwardingFor(edge: EdgeContext, request: Applicant, head: RequestHead): Forwarding {
  const derived = request.memo.lines.of(head);
  if (derived === null) return forwardingOf(head, request.peer, edge.forwarding);
  derived.forwarding ??= forwardingOf(head, request.peer, edge.forwarding);
  return derived.forwarding;
}

/** One of our own secrets, when the head presents one. */
function secretOf(request: Applicant, head: RequestHead): string | null {
  const derived = request.memo.lines.of(head);
  if (derived === null) return presentedSecret(head);
  if (derived.secret === undefined) derived.secret = presentedSecret(head);
  return derived.secret;
}

function hostOf(edge: EdgeContext, request: Applicant, head: RequestHead): HostMatch {
  const derived = request.memo.lines.of(head);
  if (derived === null) return parsedHost(edge, request, head);
  derived.host ??= parsedHost(edge, request, head);
  return derived.host;
}

function parsedHost(edge: EdgeContext, request: Applicant, head: RequestHead): HostMatch {
  const { fields, bytes, host } = head;
  const { memo } = request;
  const start = fields.valueStart(host);
  const end = fields.valueEnd(host);
  if (end > start && sameBytes(bytes, start, end, memo.hostValue)) return memo.host;
  memo.host = matchHost(bytes, start, end, edge.config.baseDomain);
  memo.hostValue = copyOf(bytes, start, end);
  const { tls } = request.peer;
  memo.misdirected =
    tls !== null &&
    (tls.certificate === null || !covers(tls.certificate, hostNameOf(latin1(bytes, start, end))));
  return memo.host;
}

/** Another domain: a tenant's own, the relay's where connectors come, or nobody's. */
function admitForeign(edge: EdgeContext, request: Applicant, name: string): Verdict | Promise<Verdict> {
  const found = edge.deps.routes.lookupHost(name);
  if (!(found instanceof Promise)) return admitCustomDomain(edge, request, found, name);
  return found.then(
    (route) => admitCustomDomain(edge, request, route, name),
    (error: unknown) => {
      // While Postgres is away connectors still come: most relays are reached by a name that is no tenant's.
      if (linkPath(request.head()) !== null) return admitStranger(edge, request, false);
      throw error;
    },
  );
}

function admitCustomDomain(
  edge: EdgeContext,
  request: Applicant,
  route: EdgeRoute | null,
  name: string,
): Verdict | Promise<Verdict> {
  if (route === null) return admitStranger(edge, request, false);
  const answer = challengeAnswer(edge, request.head(), name);
  if (answer === null) return admitRoute(edge, request, route, route.slug);
  const pass = (found: Answer | null): Verdict | Promise<Verdict> =>
    found === null ? admitRoute(edge, request, route, route.slug) : { kind: "answer", answer: found };
  return answer instanceof Promise ? answer.then(pass) : pass(answer);
}

/** A host name that no tenant has: the website's, or where links are opened. */
function admitStranger(edge: EdgeContext, request: Applicant, isWebsite: boolean): Verdict {
  const path = linkPath(request.head());
  if (path !== null) return { kind: "link", path };
  if (isWebsite) return { kind: "answer", answer: portalRedirect(edge.config.portalUrl) };
  return { kind: "error", code: "endpoint_not_found" };
}

function admitRoute(
  edge: EdgeContext,
  request: Applicant,
  route: EdgeRoute | null,
  slug: string,
): Verdict | Promise<Verdict> {
  if (route === null) return admitStranger(edge, request, slug === "www");
  request.route = route;
  const limited = rateLimit(edge, request, route);
  if (limited !== null) return limited;
  const head = request.head();
  const answer = ownAnswer(edge, head, route);
  if (answer !== null) return { kind: "answer", answer };
  if (route.state !== "active") {
    if (route.state === "unpaid") return unpaid(edge.config.portalUrl);
    return { kind: "error", code: "endpoint_suspended", message: route.stateReason };
  }
  if (request.forwarding?.owner === true) return admitSize(edge, request, route);
  const access = edge.access.check(route, secretOf(request, head));
  if (access instanceof Promise) return access.then((decided) => admitAccess(edge, request, route, decided));
  return admitAccess(edge, request, route, access);
}

/** Says to visitors that it is not their fault, and to the owner what to do: without leaving the error's shape. */
function unpaid(portalUrl: string): Verdict {
  const href = `${portalUrl}/billing`;
  const message = `${edgeErrors.payment_required.message} Its owner can pay it at ${href}: then it answers again within seconds.`;
  return { kind: "error", code: "payment_required", message, link: { href, text: "Pay the invoice" } };
}

function admitAccess(
  edge: EdgeContext,
  request: Applicant,
  route: EdgeRoute,
  access: Access,
): Verdict | Promise<Verdict> {
  if (access === "refused") return { kind: "error", code: "invalid_access_key" };
  request.accessKeyId = access.accessKeyId;
  return admitSize(edge, request, route);
}

function admitSize(edge: EdgeContext, request: Applicant, route: EdgeRoute): Verdict | Promise<Verdict> {
  const head = request.head();
  const { maxBodyBytes, maxHeadBytes, maxTargetBytes, maxConcurrentRequests } = route.limits;
  if (head.targetEnd - head.targetStart > maxTargetBytes) return { kind: "error", code: "target_too_long" };
  if (head.end - head.start > maxHeadBytes) return { kind: "error", code: "head_too_large" };
  if (head.framing === Framing.length && head.contentLength > maxBodyBytes) {
    return { kind: "error", code: "body_too_large" };
  }
  if (edge.inFlight.of(route.endpointId).count >= maxConcurrentRequests) {
    return { kind: "error", code: "too_many_requests", fields: { "Retry-After": "1" } };
  }
  return admitBudget(edge, request);
}

function rateLimit(edge: EdgeContext, request: Applicant, route: EdgeRoute): Verdict | null {
  const { limiter } = edge;
  const { memo, peer, startedAt } = request;
  const client = request.forwarding?.clientAddress ?? peer.address;
  let bucket = memo.bucket;
  if (bucket === null || !bucket.live || client !== peer.address || memo.bucketOf !== route.tenantId) {
    bucket = limiter.bucket(route.tenantId, limitKey(client), startedAt);
    memo.bucket = client === peer.address ? bucket : null;
    memo.bucketOf = route.tenantId;
  }
  if (!limiter.take(bucket, startedAt)) return rateLimited(edge, bucket, limiter.max, startedAt);
  return tenantRateLimit(edge, request, route);
}

/** What the plan allows all clients of the tenant together; on this relay. */
function tenantRateLimit(edge: EdgeContext, request: Applicant, route: EdgeRoute): Verdict | null {
  const limit = route.limits.requestsPerMinute;
  if (limit === null) return null;
  const { memo, startedAt } = request;
  let bucket = memo.tenantBucket;
  if (bucket === null || !bucket.live || memo.tenantBucketOf !== route.tenantId) {
    bucket = edge.tenantLimiter.bucket(route.tenantId, "", startedAt);
    memo.tenantBucket = bucket;
    memo.tenantBucketOf = route.tenantId;
  }
  return edge.tenantLimiter.take(bucket, startedAt, limit)
    ? null
    : rateLimited(edge, bucket, limit, startedAt);
}

function rateLimited(edge: EdgeContext, bucket: RateBucket, limit: number, startedAt: number): Verdict {
  edge.stats.rateLimited++;
  const seconds = String(Math.max(1, Math.ceil((bucket.resetsAt - startedAt) / 1_000)));
  const fields = {
    "Retry-After": seconds,
    "RateLimit-Limit": String(limit),
    "RateLimit-Remaining": "0",
    "RateLimit-Reset": seconds,
  };
  return { kind: "error", code: "rate_limited", fields };
}

/** Value of the first `Accept`, empty when there is none. */
export function acceptOf(head: RequestHead): string {
  const index = head.fields.find(FieldKind.accept);
  if (index < 0) return "";
  const { fields, bytes } = head;
  return Buffer.from(bytes.subarray(fields.valueStart(index), fields.valueEnd(index))).toString("latin1");
}
