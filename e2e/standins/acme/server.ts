import { type JsonWebKey, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type Authority, createAuthority } from "./authority.ts";
import { keyOf, readJws, type SignedRequest, thumbprint } from "./jws.ts";
import { type Places, validate } from "./validate.ts";

interface Challenge {
  readonly type: "http-01" | "dns-01";
  readonly token: string;
  status: "pending" | "processing" | "valid" | "invalid";
  error?: { type: string; detail: string };
}
interface Authorization {
  readonly host: string;
  readonly wildcard: boolean;
  status: "pending" | "valid" | "invalid";
  readonly challenges: readonly Challenge[];
}
interface Order {
  readonly account: string;
  readonly names: readonly string[];
  readonly authorizations: readonly string[];
  status: "pending" | "ready" | "processing" | "valid" | "invalid";
  chain: string | null;
}
interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: object | string;
}

/** A refusal with its kind, as RFC 8555 section 6.7 lists them. */
class Problem extends Error {
  readonly type: string;
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(type: string, detail: string, status = 400, headers: Record<string, string> = {}) {
    super(detail);
    this.type = type;
    this.status = status;
    this.headers = headers;
  }
}

/**
 * A CA that speaks ACME (RFC 8555) and believes nothing: nonces are good once, every signature is checked, challenges are
 * looked at from outside. Knows ES256 keys, dns names, HTTP-01 and DNS-01.
 */
export class AcmeStandIn {
  /** Orders that were asked for, by their names. */
  readonly orders: string[][] = [];
  /** Refuses the next orders so. */
  limit: { retryAfterSeconds: number | null; times: number } | null = null;
  /** Refuses so many good nonces. */
  badNonces = 0;
  /** Of certificates from now on. */
  days = 90;
  /** Of certificates from now on; null: the machine's clock. */
  now: Date | null = null;
  private readonly nonces = new Set<string>();
  private readonly accounts = new Map<string, JsonWebKey>();
  private readonly made = new Map<string, Order>();
  private readonly authorizations = new Map<string, Authorization>();
  private readonly server: Server;
  private readonly places: Places;
  private readonly authority: Authority;

  private constructor(places: Places, authority: Authority) {
    this.places = places;
    this.authority = authority;
    this.server = createServer((request, response) => {
      this.handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  static async start(places: Places): Promise<AcmeStandIn> {
    const standIn = new AcmeStandIn(places, await createAuthority());
    standIn.server.listen(0, "127.0.0.1");
    await once(standIn.server, "listening");
    return standIn;
  }

  get rootPem(): string {
    return this.authority.rootPem;
  }

  get accountCount(): number {
    return this.accounts.size;
  }

  get directoryUrl(): string {
    return `${this.base}/directory`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  private get base(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const nonce = randomBytes(16).toString("base64url");
    this.nonces.add(nonce);
    const answer = await this.answer(request).catch((error: unknown): Answer => {
      if (!(error instanceof Problem)) throw error;
      const type = `urn:ietf:params:acme:error:${error.type}`;
      return { status: error.status, headers: error.headers, body: { type, detail: error.message } };
    });
    const { status, headers = {}, body } = answer;
    const isProblem = status >= 400;
    response.writeHead(status, {
      "replay-nonce": nonce,
      "cache-control": "no-store",
      "content-type":
        typeof body === "string"
          ? "application/pem-certificate-chain"
          : isProblem
            ? "application/problem+json"
            : "application/json",
      ...headers,
    });
    response.end(typeof body === "object" ? JSON.stringify(body) : body);
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const path = new URL(request.url!, this.base).pathname;
    if (path === "/directory") return { status: 200, body: this.directory() };
    if (path === "/new-nonce") return { status: request.method === "HEAD" ? 200 : 204 };
    if (request.method !== "POST") throw new Problem("malformed", "only POST", 405);
    const signed = readJws(await text(request));
    if (!this.nonces.delete(signed.header.nonce)) throw new Problem("badNonce", "this nonce is not good");
    if (this.badNonces > 0) {
      this.badNonces--;
      throw new Problem("badNonce", "this nonce is too old");
    }
    if (signed.header.url !== `${this.base}${path}`)
      throw new Problem("unauthorized", "signed for another URL", 401);
    if (path === "/new-account") return this.newAccount(signed);
    const account = this.accountOf(signed);
    if (path === "/new-order") return this.newOrder(account, signed.payload);
    const [, kind, id = "", part] = /^\/(order|authz|chall|cert)\/([\w-]+)(?:\/([\w-]+))?$/.exec(path) ?? [];
    if (kind === "authz") return { status: 200, body: this.viewAuthorization(id) };
    if (kind === "chall") return this.challenge(account, id, part ?? "", signed.payload);
    const order = this.made.get(id);
    if (!order || order.account !== account) throw new Problem("malformed", "no such order", 404);
    if (kind === "cert" && order.chain !== null) return { status: 200, body: order.chain };
    if (part === "finalize") return this.finalize(id, order, signed.payload);
    return { status: 200, body: this.viewOrder(id, order) };
  }

  private directory(): object {
    return {
      newNonce: `${this.base}/new-nonce`,
      newAccount: `${this.base}/new-account`,
      newOrder: `${this.base}/new-order`,
      meta: { termsOfService: `${this.base}/terms` },
    };
  }

  private newAccount(signed: SignedRequest): Answer {
    const { jwk } = signed.header;
    if (!jwk || !signed.isSignedBy(keyOf(jwk)))
      throw new Problem("unauthorized", "not signed by its key", 401);
    const id = thumbprint(jwk);
    const known = this.accounts.has(id);
    if (!known && signed.payload?.termsOfServiceAgreed !== true)
      throw new Problem("userActionRequired", "agree to the terms", 403);
    this.accounts.set(id, jwk);
    return {
      status: known ? 200 : 201,
      headers: { location: `${this.base}/account/${id}` },
      body: { status: "valid", contact: signed.payload?.contact ?? [] },
    };
  }

  private accountOf(signed: SignedRequest): string {
    const id = signed.header.kid?.replace(`${this.base}/account/`, "") ?? "";
    const jwk = this.accounts.get(id);
    if (!jwk) throw new Problem("accountDoesNotExist", "no such account", 400);
    if (!signed.isSignedBy(keyOf(jwk)))
      throw new Problem("unauthorized", "not signed by the account's key", 401);
    return id;
  }

  private newOrder(account: string, payload: SignedRequest["payload"]): Answer {
    const names = ((payload?.identifiers ?? []) as { value: string }[]).map(({ value }) => value);
    this.orders.push(names);
    if (this.limit && this.limit.times > 0) {
      this.limit.times--;
      const { retryAfterSeconds } = this.limit;
      throw new Problem("rateLimited", "too many certificates already issued", 429, {
        ...(retryAfterSeconds === null ? {} : { "retry-after": String(retryAfterSeconds) }),
      });
    }
    const authorizations = names.map((name) => {
      const wildcard = name.startsWith("*.");
      const kinds = wildcard ? (["dns-01"] as const) : (["http-01", "dns-01"] as const);
      const id = randomId();
      this.authorizations.set(id, {
        host: wildcard ? name.slice(2) : name,
        wildcard,
        status: "pending",
        challenges: kinds.map((type) => ({ type, token: randomId(), status: "pending" })),
      });
      return id;
    });
    const id = randomId();
    const order: Order = { account, names, authorizations, status: "pending", chain: null };
    this.made.set(id, order);
    return {
      status: 201,
      headers: { location: `${this.base}/order/${id}` },
      body: this.viewOrder(id, order),
    };
  }

  private viewOrder(id: string, order: Order): object {
    const all = order.authorizations.map((each) => this.authorizations.get(each)!);
    if (order.status === "pending" && all.every(({ status }) => status === "valid")) order.status = "ready";
    if (all.some(({ status }) => status === "invalid")) order.status = "invalid";
    return {
      status: order.status,
      identifiers: order.names.map((value) => ({ type: "dns", value })),
      authorizations: order.authorizations.map((each) => `${this.base}/authz/${each}`),
      finalize: `${this.base}/order/${id}/finalize`,
      ...(order.chain === null ? {} : { certificate: `${this.base}/cert/${id}` }),
    };
  }

  private viewAuthorization(id: string): object {
    const found = this.authorizations.get(id);
    if (!found) throw new Problem("malformed", "no such authorization", 404);
    return {
      status: found.status,
      identifier: { type: "dns", value: found.host },
      ...(found.wildcard ? { wildcard: true } : {}),
      challenges: found.challenges.map((challenge) => this.viewChallenge(id, challenge)),
    };
  }

  private viewChallenge(id: string, { type, token, status, error }: Challenge): object {
    return { type, token, status, url: `${this.base}/chall/${id}/${token}`, ...(error ? { error } : {}) };
  }

  private challenge(account: string, id: string, token: string, payload: SignedRequest["payload"]): Answer {
    const authorization = this.authorizations.get(id);
    const challenge = authorization?.challenges.find((each) => each.token === token);
    if (!authorization || !challenge) throw new Problem("malformed", "no such challenge", 404);
    if (payload !== null && challenge.status === "pending") {
      challenge.status = "processing";
      const keyAuthorization = `${token}.${account}`;
      validate(this.places, challenge, authorization.host, keyAuthorization)
        .catch((error: unknown) => `Fetching failed: ${(error as Error).message}`)
        .then((fault) => {
          challenge.status = fault === null ? "valid" : "invalid";
          authorization.status = challenge.status;
          if (fault !== null)
            challenge.error = { type: "urn:ietf:params:acme:error:unauthorized", detail: fault };
        });
    }
    return { status: 200, body: this.viewChallenge(id, challenge) };
  }

  private async finalize(id: string, order: Order, payload: SignedRequest["payload"]): Promise<Answer> {
    this.viewOrder(id, order);
    if (order.status !== "ready") throw new Problem("orderNotReady", `the order is ${order.status}`, 403);
    const csr = await this.authority.readCsr(Buffer.from(String(payload?.csr), "base64url"));
    if (csr.names.toSorted().join() !== [...order.names].toSorted().join())
      throw new Problem("badCSR", `the request is for ${csr.names}, the order for ${order.names}`);
    order.chain = await this.authority.issue(csr, this.now ?? new Date(Date.now() - 60_000), this.days);
    order.status = "valid";
    return { status: 200, body: this.viewOrder(id, order) };
  }
}

function randomId(): string {
  return randomBytes(18).toString("base64url");
}
