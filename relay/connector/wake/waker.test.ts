import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ProbeTarget } from "../health/probe.ts";
import type { WakeOptions } from "./options.ts";
import { Waker } from "./waker.ts";

/** A server as a customer has one: it writes its process id per start, then listens. */
const SERVER = `
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
appendFileSync(process.argv[3], process.pid + "\\n");
createServer((request, response) => response.end("hello")).listen(Number(process.argv[2]), "127.0.0.1");
`;

let dir: string;
let port: number;
let notes: string[];
let clock: number;
const wakers: Waker[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "hotspot-wake-"));
  await writeFile(join(dir, "server.mjs"), SERVER);
  port = await freePort();
  notes = [];
  clock = 0;
});
afterEach(async () => {
  for (const waker of wakers.splice(0)) await waker.close();
  await rm(dir, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function makeWaker(changes: Partial<WakeOptions> = {}, health?: string): Waker {
  const target: ProbeTarget = health
    ? { kind: "url", url: health }
    : { kind: "port", host: "127.0.0.1", port };
  const command = `"${process.execPath}" "${join(dir, "server.mjs")}" ${port} "${join(dir, "starts")}"`;
  const waker = new Waker({
    wake: { command, startMs: 10_000, idleMs: 60_000, stopCommand: null, ...changes },
    target,
    log: () => undefined,
    onNote: (message) => notes.push(message),
    now: () => (clock === 0 ? performance.now() : clock),
  });
  wakers.push(waker);
  return waker;
}

async function starts(): Promise<number> {
  const text = await readFile(join(dir, "starts"), "utf8").catch(() => "");
  return text.split("\n").length - 1;
}

const isListening = () =>
  new Promise<boolean>((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

describe("an upstream that sleeps", () => {
  test("is started once, however many ask, and all of them are told when it is ready", async () => {
    const waker = makeWaker({}, `http://127.0.0.1:${port}/health`);
    expect(waker.awake).toBe(false);
    const faults = await Promise.all(Array.from({ length: 50 }, () => waker.wake()));
    expect(faults).toEqual(Array.from({ length: 50 }, () => null));
    expect(waker.awake).toBe(true);
    expect(await starts()).toBe(1);
  });

  test("is left alone when somebody else has started it", async () => {
    const server = net.createServer((socket) => socket.end()).listen(port, "127.0.0.1");
    await once(server, "listening");
    const waker = makeWaker();
    expect(await waker.wake()).toBeNull();
    expect(await starts()).toBe(0);
    server.close();
  });

  test("is stopped after its idle time, not while it is busy, and started again by the next request", async () => {
    const waker = makeWaker();
    await waker.wake();
    const begin = performance.now();
    clock = begin + 59_000;
    waker.tick(true);
    clock = begin + 118_000;
    waker.tick(false);
    expect(waker.awake).toBe(true);
    clock = begin + 120_000;
    waker.tick(false);
    expect(waker.awake).toBe(false);
    await vi.waitFor(async () => expect(await isListening()).toBe(false));
    expect(await waker.wake()).toBeNull();
    expect(await starts()).toBe(2);
  });

  test("is stopped by a command of its own, when it has one", async () => {
    const stopped = join(dir, "stopped");
    const waker = makeWaker({ idleMs: 1, stopCommand: `echo yes > "${stopped}"` });
    await waker.wake();
    clock = performance.now() + 100;
    waker.tick(false);
    await vi.waitFor(async () => expect((await readFile(stopped, "utf8")).trim()).toBe("yes"));
  });

  test("is started again by the next request after it has died", async () => {
    const waker = makeWaker();
    await waker.wake();
    process.kill(Number(await readFile(join(dir, "starts"), "utf8")), "SIGKILL");
    await vi.waitFor(() => expect(waker.awake).toBe(false));
    expect(await waker.wake()).toBeNull();
    expect(await starts()).toBe(2);
  });
});

describe("a start that fails", () => {
  test("says why in the words of its command, and is not tried again at once", async () => {
    const waker = makeWaker({ command: "echo no such model; exit 3" });
    expect(await waker.wake()).toBe("its command ended with code 3: no such model");
    expect(await waker.wake()).toContain("no such model");
    expect(notes.filter((note) => note.startsWith("Starting"))).toHaveLength(1);
    clock = performance.now() + 5_000;
    await waker.wake();
    expect(notes.filter((note) => note.startsWith("Starting"))).toHaveLength(2);
  });

  test("is given up when it takes too long, and what it started is ended", async () => {
    const waker = makeWaker({ command: `echo $$ > "${join(dir, "pid")}"; sleep 600`, startMs: 300 });
    expect(await waker.wake()).toContain("not ready after 0.3 s: nothing listens on port");
    const pid = Number(await readFile(join(dir, "pid"), "utf8"));
    expect(() => process.kill(pid, 0)).toThrow();
  });
});

test("what was started ends with the connector", async () => {
  const waker = makeWaker();
  await waker.wake();
  await waker.close();
  await vi.waitFor(async () => expect(await isListening()).toBe(false));
});
