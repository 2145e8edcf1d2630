import { once } from "node:events";
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { sendTryRequest } from "./try-request.ts";

const internalSecret = "internal-secret-of-this-test-0123456789";
const servers: http.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function relayOf(listener: RequestListener) {
  const server = http.createServer(listener);
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const httpBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const deps = {
    relay: { httpBase, internalSecret },
    publicHost: "acme.localhost:8789",
    clientAddress: "203.0.113.9",
  };
  const send = (request: Partial<Parameters<typeof sendTryRequest>[1]>) =>
    sendTryRequest(deps, { method: "GET", path: "/", signal: new AbortController().signal, ...request });
  return { server, send };
}

describe("sendTryRequest", () => {
  it("asks as the owner at the public host, whatever headers the page gives", async () => {
    let seen: IncomingMessage | undefined;
    const { send } = await relayOf((request, response) => {
      seen = request;
      response.writeHead(404, { "content-type": "application/json", "set-cookie": "a=1" }).end("{}");
    });
    const answer = await send({
      method: "POST",
      path: "/v1/chat/completions?x=1",
      headers: {
        host: "evil.localhost",
        "x-hotspot-owner": "0",
        "content-length": "999",
        "content-type": "application/json",
      },
      body: '{"a":"ä"}',
    });
    expect([answer.status, await answer.text()]).toEqual([404, "{}"]);
    expect(answer.headers.has("set-cookie")).toBe(false);
    expect(seen!.url).toBe("/v1/chat/completions?x=1");
    expect(seen!.headers).toMatchObject({
      host: "acme.localhost:8789",
      "content-type": "application/json",
      "content-length": "10",
      "x-hotspot-proxy-auth": internalSecret,
      "x-hotspot-client-address": "203.0.113.9",
      "x-hotspot-owner": "1",
    });
  });

  it("streams the answer, and ends the request when the page is left", async () => {
    const { server, send } = await relayOf((_request, response) => {
      response.write("data: one\n\n");
    });
    const leave = new AbortController();
    const [answer, [request]] = await Promise.all([
      send({ signal: leave.signal }),
      once(server, "request") as Promise<[IncomingMessage, ServerResponse]>,
    ]);
    const reader = answer.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe("data: one\n\n");
    const ended = once(request.socket, "close");
    leave.abort();
    await ended;
    await expect(reader.read()).rejects.toThrow();
  });

  it("passes on an answer without a body", async () => {
    const { send } = await relayOf((_request, response) => response.writeHead(204).end());
    const answer = await send({ method: "HEAD" });
    expect([answer.status, answer.body]).toEqual([204, null]);
  });

  it("says what cannot be sent, and that the relay is away", async () => {
    const { server, send } = await relayOf(() => undefined);
    await expect(send({ path: "v1" })).rejects.toMatchObject({ kind: "invalid", code: "invalid_request" });
    await expect(send({ path: "/a b\r\nx: y" })).rejects.toMatchObject({ kind: "invalid" });
    await expect(send({ method: "G T" })).rejects.toMatchObject({ kind: "invalid" });
    await expect(send({ headers: { "bad name": "x" } })).rejects.toMatchObject({ kind: "invalid" });
    server.close();
    await once(server, "close");
    await expect(send({})).rejects.toMatchObject({ kind: "precondition", code: "relay_unreachable" });
  });
});
