import { once } from "node:events";
import http, { type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createLog } from "../log.ts";
import { createForwarder } from "./forward.ts";
import { readHost } from "./host.ts";
import { createMetrics } from "./metrics.ts";
import { beginRequest } from "./request-info.ts";
import { createTenantHost } from "./tenant-host.ts";

const secret = "internal-secret-of-this-test-0123456789";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A portal with nothing but tenant hosts, in front of a relay made of `listener`. */
async function portalOver(listener: RequestListener, onUpgrade?: (server: Server) => void) {
  const relay = http.createServer(listener);
  onUpgrade?.(relay);
  const relayPort = await listen(relay);
  const forwarder = createForwarder({ httpBase: `http://127.0.0.1:${relayPort}`, internalSecret: secret });
  cleanups.push(() => forwarder.close());
  const tenants = createTenantHost({
    forwarder,
    portalUrl: "http://localhost:3000",
    findEndpointState: async (slug) =>
      slug === "acme" ? { publicBaseUrl: "http://acme.localhost:8789", online: true, connectors: 2 } : null,
    answerHealth: (_request, response, _info, slug) => response.end(JSON.stringify({ slug })),
  });
  const deps = {
    log: createLog({ process: "portal", level: "silent" }),
    metrics: createMetrics(),
    clientAddress: () => "203.0.113.9",
  };
  const slugOf = (request: IncomingMessage) => {
    const target = readHost(request, { baseDomain: "localhost", portalHost: "localhost" });
    return target.kind === "tenant" ? target.slug : "";
  };
  const portal = http.createServer((request, response) =>
    tenants.handle(request, response, beginRequest(deps, request, response), slugOf(request)),
  );
  portal.on("upgrade", (request, socket, head) =>
    tenants.upgrade(
      request,
      socket,
      head,
      beginRequest(deps, request, new http.ServerResponse(request)),
      "acme",
    ),
  );
  const port = await listen(portal);
  return {
    port,
    relay,
    relayPort,
    ask(path: string, options: http.RequestOptions = {}) {
      const headers = { host: "acme.localhost:3000", ...options.headers };
      return http.request({ agent: false, host: "127.0.0.1", port, path, ...options, headers });
    },
  };
}

async function answerOf(request: http.ClientRequest) {
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { response, text: Buffer.concat(chunks).toString() };
}

describe("a tenant host at the portal", () => {
  it("forwards /v1/* with host, client address and secret, and believes no internal header from outside", async () => {
    let seen: IncomingMessage | undefined;
    const { ask } = await portalOver((request, response) => {
      seen = request;
      response.writeHead(201, "Made", [
        ["Set-Cookie", "a=1"],
        ["Set-Cookie", "b=2"],
      ] as never);
      response.end("done");
    });
    const headers = {
      "x-hotspot-proxy-auth": "guessed",
      "X-Hotspot-Owner": "1",
      "x-hotspot-client-address": "1.1.1.1",
      authorization: "Bearer hs_key_x",
      connection: "close, x-secret-hop",
      "x-secret-hop": "1",
    };
    const request = ask("/v1/models?limit=1", { headers });
    request.end();
    const { response, text } = await answerOf(request);
    expect([response.statusCode, response.statusMessage, text]).toEqual([201, "Made", "done"]);
    expect(response.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(seen!.url).toBe("/v1/models?limit=1");
    expect(seen!.headers).toMatchObject({
      host: "acme.localhost:3000",
      authorization: "Bearer hs_key_x",
      "x-hotspot-proxy-auth": secret,
      "x-hotspot-client-address": "203.0.113.9",
    });
    expect(seen!.headers).not.toHaveProperty("x-hotspot-owner");
    expect(seen!.headers).not.toHaveProperty("x-secret-hop");
  });

  it("passes each event on before the next one exists, and request chunks too", async () => {
    const got: string[] = [];
    const { ask } = await portalOver((request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      request.on("data", (chunk: Buffer) => {
        got.push(chunk.toString());
        response.write(`data: ${chunk}\n\n`);
      });
      request.on("end", () => response.end());
    });
    const request = ask("/v1/chat/completions", { method: "POST" });
    request.flushHeaders();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    for (const word of ["one", "two", "three"]) {
      request.write(word);
      const [event] = (await once(response, "data")) as [Buffer];
      expect(event.toString()).toBe(`data: ${word}\n\n`);
    }
    request.end();
    await once(response, "end");
    expect(got).toEqual(["one", "two", "three"]);
  });

  it("ends the relay's request when the client leaves", async () => {
    const { ask, relay } = await portalOver((_request, response) => {
      response.writeHead(200);
      response.write("first");
    });
    const request = ask("/v1/stream");
    request.end();
    const [relayRequest] = (await once(relay, "request")) as [IncomingMessage, http.ServerResponse];
    const cut = once(relayRequest, "error");
    const [response] = (await once(request, "response")) as [IncomingMessage];
    await once(response, "data");
    response.on("error", (error) => expect(error.message).toBe("aborted"));
    response.destroy();
    const [error] = await cut;
    expect((error as Error).message).toBe("aborted");
  });

  it("cuts the client's connection when the relay breaks off in mid-answer", async () => {
    const { ask } = await portalOver((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("only this", () => response.socket!.destroy());
    });
    const request = ask("/v1/stream");
    request.end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    response.resume();
    const [error] = await once(response, "error");
    expect((error as NodeJS.ErrnoException).code).toBe("ECONNRESET");
    expect(response.complete).toBe(false);
  });

  it("says in the OpenAI shape that the relay is away", async () => {
    const { ask, relay } = await portalOver(() => undefined);
    relay.close();
    await once(relay, "close");
    const request = ask("/v1/models");
    request.end();
    const { response, text } = await answerOf(request);
    expect(response.statusCode).toBe(502);
    expect(response.headers["hotspot-error"]).toBe("relay_unreachable");
    expect(JSON.parse(text).error).toMatchObject({
      type: "server_error",
      code: "relay_unreachable",
      param: null,
    });
  });

  it("serves console page and health, and nothing else of the portal", async () => {
    const { ask } = await portalOver((_request, response) => response.end("relay"));
    const get = async (path: string, options: http.RequestOptions = {}) => {
      const request = ask(path, options);
      request.end();
      return answerOf(request);
    };
    expect((await get("/endpoints")).text).toContain("2 connectors");
    expect((await get("/endpoints", { headers: { host: "nobody.localhost" } })).response.statusCode).toBe(
      404,
    );
    expect(JSON.parse((await get("/api/endpoints/health")).text)).toEqual({ slug: "acme" });
    for (const path of [
      "/",
      "/sign-in",
      "/api/auth/get-session",
      "/api/endpoints/register",
      "/build/x.js",
      "/v1x",
    ]) {
      const { response, text } = await get(path, { headers: { cookie: "hotspot.session_token=x" } });
      expect([path, response.statusCode, response.headers["hotspot-error"]]).toEqual([
        path,
        404,
        "not_found",
      ]);
      expect(JSON.parse(text).error.requestId).toMatch(/^req_/);
    }
    expect((await get("/sign-in", { headers: { accept: "text/html" } })).text).toContain("<h1>404</h1>");
    expect((await get("/api/endpoints/health", { method: "POST" })).response.statusCode).toBe(404);
  });

  it("joins a WebSocket with the relay, bytes untouched, and passes a refusal on", async () => {
    const { port } = await portalOver(
      (_request, response) => response.writeHead(404).end(),
      (relay) =>
        relay.on("upgrade", (request, socket) => {
          if (request.url === "/v1/refuse") {
            socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
            return;
          }
          expect(request.headers["x-hotspot-proxy-auth"]).toBe(secret);
          socket.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-A: 1\r\n\r\n",
          );
          socket.on("data", (bytes: Buffer) => socket.write(`echo ${bytes}`));
          socket.on("end", () => socket.end());
        }),
    );
    const open = (path: string) => {
      const socket = connect(port, "127.0.0.1");
      cleanups.push(() => socket.destroy());
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: acme.localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
      );
      return socket;
    };
    const socket = open("/v1/realtime");
    const [head] = (await once(socket, "data")) as [Buffer];
    expect(head.toString()).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n(?:.*\r\n)*X-A: 1\r\n/);
    socket.write("hello");
    const [echo] = (await once(socket, "data")) as [Buffer];
    expect(echo.toString()).toBe("echo hello");

    let refused = "";
    const other = open("/v1/refuse").on("data", (bytes: Buffer) => {
      refused += bytes;
    });
    await once(other, "close");
    expect(refused).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*\r\n\r\nno$/);

    let elsewhere = "";
    const third = open("/sign-in").on("data", (bytes: Buffer) => {
      elsewhere += bytes;
    });
    await once(third, "close");
    expect(elsewhere).toMatch(/^HTTP\/1\.1 404 /);
  });
});
