import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { decodeHello, encodeHello, type Hello, type Welcome } from "../../protocol/hello.ts";
import { Session } from "../../protocol/session.ts";

/** One link as the stand-in relay holds it. */
export interface RelayLink {
  session: Session;
  socket: WebSocket;
  hello: Hello | null;
  token: string;
  goaways: { code: number; reason: string }[];
  states: { accepting: boolean; reason: string }[];
}

export interface TestRelay {
  portalUrl: string;
  relayUrl: string;
  links: RelayLink[];
  /** Bodies that POSTs to the portal have sent, by path. */
  asked: { path: string; body: Record<string, unknown>; authorization: string | undefined }[];
  tokensIssued: number;
  /** Answers of the portal before or instead of the usual ones; null for the usual one. */
  portal: (path: string, body: Record<string, unknown>) => { status: number; body: unknown } | null;
  /** Status that upgrades are refused with; null to take them. */
  refuse: (token: string) => number | null;
  tokenLifeMs: number;
  welcome: Partial<Welcome>;
  /** Streams are accepted but no byte is read any more. */
  close(): void;
}

/**
 * Portal and relay in a few lines, for tests of the connector: real HTTP, real WebSockets, the real session.
 * @param tls speaks TLS, under the name that its certificate has
 */
export async function startTestRelay(tls?: { name: string; key: string; cert: string }): Promise<TestRelay> {
  const handle: http.RequestListener = (request, response) => answerPortal(relay, request, response);
  const server = tls ? https.createServer(tls, handle) : http.createServer(handle);
  const [s, host] = tls ? ["s", tls.name] : ["", "127.0.0.1"];
  const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on("upgrade", (request, socket, head) => {
    const token = String(request.headers.authorization).replace("Bearer ", "");
    const status = relay.refuse(token);
    if (status !== null) {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    upgrades.handleUpgrade(request, socket, head, (webSocket) => accept(relay, webSocket, token));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const relay: TestRelay = {
    portalUrl: `http${s}://${host}:${port}`,
    relayUrl: `ws${s}://${host}:${port}/ws/connect`,
    links: [],
    asked: [],
    tokensIssued: 0,
    portal: () => null,
    refuse: () => null,
    tokenLifeMs: 3_600_000,
    welcome: {},
    close() {
      for (const { socket } of relay.links) socket.terminate();
      server.closeAllConnections();
      server.close();
    },
  };
  return relay;
}

function accept(relay: TestRelay, socket: WebSocket, token: string): void {
  const session: Session = new Session({
    role: "relay",
    transport: {
      send: (batch, start, end) => socket.send(batch.slice(start, end)),
      bufferedBytes: () => socket.bufferedAmount,
      close: (code, reason) => socket.close(code, reason),
    },
    schedule: setImmediate,
    now: () => performance.now(),
    events: {
      onHello(payload) {
        link.hello = decodeHello(payload);
        session.welcome(encodeHello({ ...usualWelcome, ...relay.welcome }));
      },
      onGoaway: (code, reason) => link.goaways.push({ code, reason }),
      onState: (accepting, reason) => link.states.push({ accepting, reason }),
      onBlocked: () => setTimeout(() => session.drained(), 2),
    },
  });
  const link: RelayLink = { session, socket, hello: null, token, goaways: [], states: [] };
  socket.on("message", (data: Buffer) => session.receive(data));
  socket.on("close", () => session.lost("closed"));
  relay.links.push(link);
}

const usualWelcome: Welcome = {
  version: 1,
  linkId: "link_1",
  slug: "acme",
  publicBaseUrl: "http://acme.localhost:8789",
  windowBytes: 262_144,
  maxPayloadBytes: 65_536,
  pingIntervalMs: 10_000,
  idleTimeoutMs: 20_000,
  features: ["state"],
};

async function answerPortal(
  relay: TestRelay,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  let text = "";
  for await (const chunk of request) text += chunk;
  const path = request.url ?? "";
  const body = text === "" ? {} : JSON.parse(text);
  relay.asked.push({ path, body, authorization: request.headers.authorization });
  const answer = relay.portal(path, body) ?? usualAnswer(relay, path);
  response.writeHead(answer.status, { "content-type": "application/json" });
  response.end(JSON.stringify(answer.body));
}

function usualAnswer(relay: TestRelay, path: string): { status: number; body: unknown } {
  if (path !== "/api/connectors/issue") return portalError(404, "not_found", "no such route");
  relay.tokensIssued++;
  const body = {
    connectorId: "con_1",
    connectorToken: `token-${relay.tokensIssued}`,
    relayUrl: relay.relayUrl,
    expiresAt: new Date(Date.now() + relay.tokenLifeMs).toISOString(),
  };
  return { status: 200, body };
}

/** An error body as the portal's REST routes have it. */
export function portalError(status: number, code: string, message: string) {
  return { status, body: { error: { code, message, requestId: "req_1" } } };
}
