import { type ChildProcess, spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

/** The edge on real sockets, in a Bun process: what a made socket cannot show. */
const bun = fileURLToPath(new URL("../../node_modules/.bin/bun", import.meta.url));
const program = fileURLToPath(new URL("./testing/edge-process.ts", import.meta.url));
const lines: Record<string, unknown>[] = [];
let child: ChildProcess;
let port = 0;

beforeAll(async () => {
  child = spawn(bun, [program, "records"], { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("no output");
  createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line)));
  port = await vi.waitFor(() => {
    const ready = lines.find((line) => "port" in line);
    if (ready === undefined) throw new Error("not listening yet");
    return Number(ready.port);
  }, 10_000);
});

afterAll(async () => {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await gone;
});

interface Client {
  socket: Socket;
  text(): string;
  bytes(): number;
  closed: Promise<{ reset: boolean }>;
}

function open(): Client {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let text = "";
  let bytes = 0;
  let reset = false;
  socket.on("data", (chunk) => {
    bytes += chunk.length;
    if (text.length < 100_000) text += chunk.toString("latin1");
  });
  socket.on("error", () => {
    reset = true;
  });
  const closed = new Promise<{ reset: boolean }>((resolve) => {
    socket.on("end", () => socket.end());
    socket.on("close", () => resolve({ reset }));
  });
  return { socket, text: () => text, bytes: () => bytes, closed };
}

const get = (path: string, ...fields: string[]) =>
  `GET ${path} HTTP/1.1\r\nHost: acme.localhost\r\n${fields.map((f) => `${f}\r\n`).join("")}\r\n`;
const record = (path: string) => lines.find((line) => line.path === path && "requestId" in line);
const reset = (path: string) => lines.find((line) => line.path === path && "reset" in line);
const wait = { timeout: 10_000, interval: 20 };

test("pipelined requests over one socket", async () => {
  const client = open();
  client.socket.write(get("/small").repeat(50));
  await vi.waitFor(() => expect(client.text().match(/HTTP\/1\.1 200/g)).toHaveLength(50), wait);
  client.socket.end();
  expect(await client.closed).toEqual({ reset: false });
});

test("a half-closed client still gets its late answer, then the end", async () => {
  const client = open();
  client.socket.end(get("/late"));
  await client.closed;
  expect(client.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*x{1024}$/);
});

test("a client that closes in mid-stream cancels the stream at the next event", async () => {
  const client = open();
  client.socket.write(get("/ticks"));
  await vi.waitFor(() => expect(client.text()).toContain("data: tick"), wait);
  client.socket.destroy();
  await vi.waitFor(() => expect(reset("/ticks")).toMatchObject({ reset: 0 }), wait);
  await vi.waitFor(() => expect(record("/ticks")).toMatchObject({ status: 200, clientAborted: true }), wait);
});

test("a client that closes while the upstream is silent is noticed too", async () => {
  const client = open();
  await new Promise((resolve) => client.socket.write(get("/silent"), resolve));
  client.socket.destroy();
  await vi.waitFor(() => expect(reset("/silent")).toMatchObject({ reset: 0 }), wait);
  await vi.waitFor(() => expect(record("/silent")).toMatchObject({ status: 499, clientAborted: true }), wait);
});

test("an error answer to an unread upload arrives whole", async () => {
  const client = open();
  client.socket.write("POST /x HTTP/1.1\r\nHost: nobody.localhost\r\nContent-Length: 400000\r\n\r\n");
  client.socket.write(Buffer.alloc(400_000));
  await client.closed;
  expect(client.text()).toMatch(/^HTTP\/1\.1 404 [\s\S]*endpoint_not_found/);
});

test("an upload of 20 MB is counted whole, length-framed and chunked", async () => {
  const chunk = Buffer.alloc(1_000_000, "u");
  for (const chunked of [false, true]) {
    const client = open();
    const count = 20;
    const framing = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${count * chunk.length}`;
    client.socket.write(`POST /length HTTP/1.1\r\nHost: acme.localhost\r\n${framing}\r\n\r\n`);
    for (let i = 0; i < count; i++) {
      if (chunked) client.socket.write(`${chunk.length.toString(16)}\r\n`);
      client.socket.write(chunk);
      if (chunked) client.socket.write("\r\n");
    }
    if (chunked) client.socket.write("0\r\n\r\n");
    await vi.waitFor(() => expect(client.text()).toContain(`\r\n\r\n${count * chunk.length}`), wait);
    client.socket.destroy();
  }
});

test("a large download arrives whole; a reader that pauses holds it back", async () => {
  const client = open();
  client.socket.write(get("/big", "Connection: close"));
  await vi.waitFor(() => expect(client.bytes()).toBeGreaterThan(0), wait);
  client.socket.pause();
  // While the reader stands still, the edge must not take in the whole of it: no record can be there yet.
  const other = open();
  other.socket.write(get("/late", "Connection: close"));
  await other.closed;
  expect(record("/big")).toBeUndefined();
  client.socket.resume();
  await client.closed;
  expect(client.bytes()).toBeGreaterThan(1_600 * 65_536);
  expect(record("/big")).toMatchObject({ status: 200, bytesOut: 1_600 * 65_536, errorCode: null });
});

test("a link takes the socket over", async () => {
  const client = open();
  client.socket.write(
    "GET /connect HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
  );
  await vi.waitFor(() => expect(client.text()).toContain("Taken"), wait);
  client.socket.write("echo?");
  await vi.waitFor(() => expect(client.text()).toContain("echo?"), wait);
  client.socket.end();
  expect(await client.closed).toEqual({ reset: false });
});

test("nothing was thrown in the process", () => {
  expect(lines.filter((line) => "error" in line)).toEqual([]);
});
