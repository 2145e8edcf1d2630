import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { pipeline } from "node:stream/promises";
import { expect, test, vi } from "vitest";
import { HashSink, patternBlock, patternStream } from "../fixtures/pattern.ts";
import { processMemory, resetPeak } from "../fixtures/process-memory.ts";
import { RawHttp, rawRequest } from "../fixtures/raw-http.ts";
import type { Lab } from "./lab.ts";
import { tunnelLab } from "./lab.ts";

const MIB = 1024 * 1024;
const BULK_BYTES = 100 * MIB;
/**
 * Half of what passes. On a starved machine round trips are long, and a stream's window grows to 16 MiB for them: that, what of
 * it is on its way out, and garbage. On a quiet one it is a few MiB.
 */
const MEMORY_BAR = 50 * MIB;

/**
 * What may lie between one who writes and one who does not read: what the kernel lets the buffers of two loopback TCP
 * connections grow to, one stream window in each process, and Node's own.
 */
const IN_FLIGHT_BAR = 2 * (kernelMaximum("tcp_rmem") + kernelMaximum("tcp_wmem")) + 2 * MIB;
/** So much that stopping at the bar is something else than being done. */
const STALLED_BYTES = Math.max(BULK_BYTES, 2 * IN_FLIGHT_BAR);

const lab = await tunnelLab();

test("100 MB down: same bytes, and neither process grows by half of them", async () => {
  const { stream, hash } = patternStream(BULK_BYTES);
  lab.upstream.on("/down", async (_req, res) => {
    res.writeHead(200, { "content-length": BULK_BYTES });
    await pipeline(stream, res);
  });
  const grown = await growth(lab, async () => {
    const sink = new HashSink();
    await pipeline(await download(lab, "/down"), sink);
    expect([sink.bytes, sink.digest()]).toEqual([BULK_BYTES, hash]);
  });
  expect(grown.relay).toBeLessThan(MEMORY_BAR);
  expect(grown.connector).toBeLessThan(MEMORY_BAR);
});

test("100 MB up: same bytes, and neither process grows by half of them", async () => {
  const { stream, hash } = patternStream(BULK_BYTES);
  lab.upstream.on("/up", async (req, res) => {
    const sink = new HashSink();
    await pipeline(req, sink);
    res.end(`${sink.bytes} ${sink.digest()}`);
  });
  const grown = await growth(lab, async () => {
    expect(await upload(lab, "/up", stream)).toBe(`${BULK_BYTES} ${hash}`);
  });
  expect(grown.relay).toBeLessThan(MEMORY_BAR);
  expect(grown.connector).toBeLessThan(MEMORY_BAR);
});

test("a reader that stalls stalls the upstream; others go on; then it gets every byte", async () => {
  let accepted = 0;
  const total = STALLED_BYTES;
  lab.upstream.on("/stalled", async (_req, res) => {
    res.writeHead(200, { "content-length": total });
    for (let at = 0; at < total; at += 65_536) {
      if (!res.write(patternBlock(at, total))) await new Promise((drained) => res.once("drain", drained));
      accepted += 65_536;
    }
    res.end();
  });
  lab.upstream.on("/beside", (_req, res) => res.end("beside"));
  const body = await download(lab, "/stalled");
  body.pause();
  await settled(() => accepted);
  expect(accepted).toBeLessThan(IN_FLIGHT_BAR);
  for (let n = 0; n < 20; n++) {
    const answer = await rawRequest(lab.port, ["GET /beside HTTP/1.1", `Host: ${lab.host}`]);
    expect(answer.body.toString()).toBe("beside");
  }
  expect(accepted).toBeLessThan(IN_FLIGHT_BAR);
  const sink = new HashSink();
  await pipeline(body, sink);
  expect([sink.bytes, sink.digest()]).toEqual([total, patternStream(total).hash]);
});

test("an upstream that does not read stalls the uploader", async () => {
  const total = STALLED_BYTES;
  let resume: () => void = () => expect.unreachable("the upload did not arrive");
  lab.upstream.on("/slow-upload", async (req, res) => {
    req.pause();
    await new Promise<void>((go) => {
      resume = go;
    });
    const sink = new HashSink();
    await pipeline(req, sink);
    res.end(`${sink.bytes}`);
  });
  const body = patternStream(total);
  const answer = upload(lab, "/slow-upload", body.stream);
  await settled(() => body.taken);
  expect(body.taken).toBeLessThan(IN_FLIGHT_BAR);
  resume();
  expect(await answer).toBe(`${total}`);
});

test("40 stalled readers cost each process at most a window each, not their bodies", async () => {
  await warmUp(lab);
  let accepted = 0;
  lab.upstream.on("/many-stalled", async (_req, res) => {
    res.writeHead(200, { "content-length": BULK_BYTES });
    let room: () => void = () => {};
    res.on("drain", () => room()).on("close", () => room());
    for (let at = 0; at < BULK_BYTES && !res.destroyed; at += 65_536) {
      const taken = res.write(patternBlock(at));
      accepted += 65_536;
      if (!taken) {
        await new Promise<void>((go) => {
          room = go;
        });
      }
    }
  });
  const before = residentBytes(lab);
  const readers = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const http = await RawHttp.open(lab.port);
      http.request(["GET /many-stalled HTTP/1.1", `Host: ${lab.host}`]);
      await http.readHead();
      http.socket.pause();
      return http;
    }),
  );
  await settled(() => accepted);
  // What the first rush left behind is given back by the collector a little later; what stays is what it costs.
  await vi.waitFor(
    () => {
      const now = residentBytes(lab);
      expect(now.relay - before.relay).toBeLessThan(MEMORY_BAR);
      expect(now.connector - before.connector).toBeLessThan(MEMORY_BAR);
    },
    { timeout: 30_000, interval: 250 },
  );
  for (const http of readers) http.close();
});

/** Lets both processes take what they take once: code, buffers, first connections. */
async function warmUp(to: Lab): Promise<void> {
  to.upstream.on("/warm", async (req, res) => {
    await pipeline(req, new HashSink());
    await pipeline(patternStream(32 * MIB).stream, res);
  });
  for (let n = 0; n < 2; n++) {
    await upload(to, "/warm", patternStream(32 * MIB).stream);
  }
}

function residentBytes(of: Lab): { relay: number; connector: number } {
  return {
    relay: processMemory(of.world.relay.process.pid).residentBytes,
    connector: processMemory(of.connector.pid).residentBytes,
  };
}

/**
 * What `run` needs at its peak beyond what a transfer of 32 MB each way needed at its own, in bytes. Memory that follows
 * the body shows; what the collectors of the two runtimes leave lying about for a moment is in both.
 */
async function growth(of: Lab, run: () => Promise<void>): Promise<{ relay: number; connector: number }> {
  const pids = { relay: of.world.relay.process.pid, connector: of.connector.pid };
  resetPeak(pids.relay);
  resetPeak(pids.connector);
  await warmUp(of);
  const before = {
    relay: processMemory(pids.relay).peakBytes,
    connector: processMemory(pids.connector).peakBytes,
  };
  const resident = residentBytes(of);
  resetPeak(pids.relay);
  resetPeak(pids.connector);
  await run();
  const after = {
    relay: processMemory(pids.relay).peakBytes,
    connector: processMemory(pids.connector).peakBytes,
  };
  const text = (name: "relay" | "connector") =>
    `${name} ${mib(after[name] - before[name])} over its peak, ${mib(after[name] - resident[name])} over its rest`;
  console.log(`memory: ${text("relay")}; ${text("connector")}`);
  return { relay: after.relay - before.relay, connector: after.connector - before.connector };
}

const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`;

/** Third number of a setting in /proc/sys/net/ipv4: the size that a socket's buffer may grow to. */
function kernelMaximum(setting: "tcp_rmem" | "tcp_wmem"): number {
  return Number(readFileSync(`/proc/sys/net/ipv4/${setting}`, "utf8").trim().split(/\s+/)[2]);
}

async function download(from: Lab, path: string): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    const asked = request({
      port: from.port,
      host: "127.0.0.1",
      path,
      headers: { host: from.host },
      agent: false,
    });
    asked.once("error", reject).once("response", resolve).end();
  });
}

/** Sends a body of unknown length (chunked) and gives the answer's text. */
async function upload(to: Lab, path: string, body: NodeJS.ReadableStream): Promise<string> {
  const options = {
    port: to.port,
    host: "127.0.0.1",
    method: "PUT",
    path,
    headers: { host: to.host },
    agent: false,
  };
  const asked = request(options);
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asked.once("error", reject).once("response", resolve);
  });
  await pipeline(body, asked);
  let text = "";
  for await (const piece of (await answered).setEncoding("latin1")) {
    if (text.length < 200) text += piece;
  }
  return text;
}

/** Resolves once `value` has not moved for a second: nothing more is being taken. */
async function settled(value: () => number): Promise<void> {
  let last = -1;
  let since = Date.now();
  await vi.waitFor(
    () => {
      if (value() !== last) {
        last = value();
        since = Date.now();
      }
      if (last <= 0 || Date.now() - since < 1_000) throw new Error(`still moving at ${last}`);
    },
    { timeout: 30_000, interval: 50 },
  );
}
