import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { ResetCode } from "../protocol/codes.ts";
import { bytes, Recorder, text } from "../protocol/testing/recorder.ts";
import { BodyFraming, StreamKind } from "../routes/tunnel.ts";
import { createDirectTunnel, type DirectTunnelOptions } from "./tunnel.ts";

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const step of cleanup.splice(0)) step();
});

async function listen(listener: http.RequestListener): Promise<number> {
  const server = http.createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanup.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function tunnelTo(upstreamBaseUrl: string, options: Partial<DirectTunnelOptions> = {}) {
  const tunnel = createDirectTunnel({
    endpointId: "ep_1",
    upstreamBaseUrl,
    log: () => undefined,
    ...options,
  });
  cleanup.push(() => tunnel.close());
  const send = (head: string) => {
    const recorder = new Recorder();
    const wire = bytes(`${head}\r\nHost: acme.example.com\r\n\r\n`);
    recorder.stream = tunnel.open(StreamKind.http, BodyFraming.none, wire, true, recorder);
    return recorder;
  };
  return { tunnel, send };
}

const finished = (recorder: Recorder) =>
  vi.waitFor(() => expect(recorder.ended || recorder.resets.length > 0).toBe(true), { interval: 5 });

test("serves requests at once and as they are, redirects included", async () => {
  const port = await listen((request, response) => {
    response.writeHead(302, { Location: "http://127.0.0.1/", "X-Url": request.url });
    response.end(request.headers.host);
  });
  const { tunnel, send } = tunnelTo(`http://127.0.0.1:${port}/base`, { allowPrivate: true });
  expect(tunnel).toMatchObject({ accepting: true, connectorId: null, endpointId: "ep_1", outstanding: 0 });
  const recorder = send("GET /x HTTP/1.1");
  expect(tunnel.outstanding).toBe(1);
  await finished(recorder);
  expect(recorder.heads[0]).toMatch(/^HTTP\/1\.1 302 .*X-Url: \/base\/x/s);
  expect(text(Uint8Array.from(recorder.body))).toBe(`127.0.0.1:${port}`);
  expect(tunnel.outstanding).toBe(0);
});

test("a name that turns private after registration reaches nothing", async () => {
  let reached = 0;
  const port = await listen((_, response) => {
    reached++;
    response.end();
  });
  const lookup = async () => [{ address: "127.0.0.1", family: 4 }];
  const { send } = tunnelTo(`http://rebound.example.com:${port}`, { lookup });
  const recorder = send("GET / HTTP/1.1");
  await finished(recorder);
  expect(recorder.resets).toEqual([
    { code: ResetCode.upstreamUnreachable, reason: "the host name stands for a loopback address" },
  ]);
  expect(reached).toBe(0);
});

test("the name is resolved again for each new connection", async () => {
  const asked: string[] = [];
  const lookup = async (host: string) => {
    asked.push(host);
    return [{ address: "10.0.0.1", family: 4 }];
  };
  const { send } = tunnelTo("https://api.example.com", { lookup });
  await finished(send("GET / HTTP/1.1"));
  await finished(send("GET / HTTP/1.1"));
  expect(asked).toEqual(["api.example.com", "api.example.com"]);
});

test("drain lets running streams finish, close ends them", async () => {
  let answer: () => void = () => undefined;
  const port = await listen((_, response) => {
    answer = () => response.end("late");
  });
  const { tunnel, send } = tunnelTo(`http://127.0.0.1:${port}`, { allowPrivate: true });
  const first = send("GET / HTTP/1.1");
  const second = send("GET / HTTP/1.1");
  tunnel.drain();
  expect(tunnel.accepting).toBe(false);
  expect(tunnel.open(StreamKind.http, BodyFraming.none, bytes("x"), true, new Recorder())).toBeNull();
  await vi.waitFor(() => {
    answer();
    expect(first.ended || second.ended).toBe(true);
  });
  tunnel.close();
  const cut = first.ended ? second : first;
  await finished(cut);
  expect(cut.resets).toHaveLength(1);
});
