import { describe, expect, it } from "vitest";
import { HIGH_WATER_BYTES, LINK_WINDOW_BYTES, MAX_WINDOW_BYTES, WINDOW_BYTES } from "./limits.ts";
import { WindowBudget } from "./receive-window.ts";
import { type AcceptedStream, BodyFraming, type Stream, StreamKind } from "./stream.ts";
import { createPath, type Path } from "./testing/path.ts";
import { bytes, pump, Recorder } from "./testing/recorder.ts";

const head = bytes("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
const ok = bytes("HTTP/1.1 200 OK\r\n\r\n");
/** 1 Gbit/s. */
const GIGABIT = 125_000;

/** Counts what it gets; holds it when told to. */
class Reader extends Recorder {
  override keepBody = false;
  /** Bytes taken and not given back. */
  get held(): number {
    return this.bytes - this.given;
  }
  private given = 0;

  override onData(chunk: Uint8Array, end: boolean): void {
    super.onData(chunk, end);
    if (!this.holdCredit) this.given += chunk.length;
  }

  give(bytes: number): void {
    const now = Math.min(bytes, this.held);
    this.given += now;
    this.stream?.credit(now);
  }
}

/** A reader that passes on what it has at a steady rate, looked at every ms. */
function throttle(path: Path, reader: Reader, bytesPerMs: () => number): void {
  reader.holdCredit = true;
  const step = () => {
    reader.give(bytesPerMs());
    if (!reader.ended) path.after(1, step);
  };
  step();
}

interface World {
  path: Path;
  /** The relay's ends and the connector's ends, in the order of opening. */
  clients: Reader[];
  opened: Stream[];
  accepted: { stream: AcceptedStream; reader: Reader }[];
  open(kind?: StreamKind): { client: Reader; stream: Stream; server: Reader; upstream: AcceptedStream };
}

function makeWorld(roundTripMs: number, bytesPerMs: number, session = {}): World {
  const clients: Reader[] = [];
  const opened: Stream[] = [];
  const accepted: World["accepted"] = [];
  const path = createPath({
    roundTripMs,
    bytesPerMs,
    session,
    connector: {
      onOpen(stream) {
        const reader = new Reader();
        reader.stream = stream;
        accepted.push({ stream, reader });
        return reader;
      },
    },
  });
  return {
    path,
    clients,
    opened,
    accepted,
    open(kind = StreamKind.http) {
      const client = new Reader();
      const stream = path.relay.open(kind, BodyFraming.chunked, head, false, client);
      if (stream === null) throw new Error("refused");
      client.stream = stream;
      clients.push(client);
      opened.push(stream);
      const count = clients.length;
      path.runUntil(() => accepted.length === count, 10_000);
      const server = accepted[count - 1]!;
      if (kind !== StreamKind.tcp) server.stream.head(ok, false);
      return { client, stream, server: server.reader, upstream: server.stream };
    },
  };
}

const block = new Uint8Array(1_048_576);

/** Writes `total` bytes without holding them all. */
function send(stream: Stream, events: Recorder, total: number): void {
  let left = total;
  const step = () => {
    while (left > 0) {
      const part = block.subarray(0, Math.min(left, block.length));
      const taken = stream.write(part);
      left -= taken;
      if (taken < part.length) return;
    }
    events.whenWritable = null;
    stream.end();
  };
  events.whenWritable = step;
  step();
}

const windowOf = (stream: Stream) => (stream as unknown as { window: { size: number } }).window.size;

describe("one stream over a round trip of 50 ms at 1 Gbit/s", () => {
  it.each([
    ["download", StreamKind.http],
    ["upload", StreamKind.http],
    ["download of a WebSocket", StreamKind.websocket],
    ["upload of a TCP stream", StreamKind.tcp],
  ])("takes nine tenths of what the path carries: %s", (name, kind) => {
    const world = makeWorld(50, GIGABIT);
    const { client, stream, server, upstream } = world.open(kind);
    const total = 400_000_000;
    const startedAt = world.path.now;
    const isUpload = name.startsWith("upload");
    if (isUpload) send(stream, client, total);
    else send(upstream, server, total);
    const receiver = isUpload ? server : client;
    world.path.runUntil(() => receiver.ended, 60_000);
    expect(receiver.bytes).toBe(total);
    expect((world.path.now - startedAt) * 0.9).toBeLessThan(total / GIGABIT + 25);
  });

  it("has the first window for the first round trip, then twice as much for each, up to the largest", () => {
    const { path, open } = makeWorld(50, 1e9);
    const { client, server, upstream, stream } = open();
    send(upstream, server, 1_000_000_000);
    path.run(49);
    expect(client.bytes).toBe(WINDOW_BYTES);
    const sizes: number[] = [];
    for (let trip = 0; trip < 12; trip++) {
      path.run(50);
      sizes.push(windowOf(stream));
    }
    for (let i = 1; i < sizes.length; i++) expect(sizes[i]).toBeGreaterThanOrEqual(sizes[i - 1]!);
    expect(sizes[0]).toBeLessThanOrEqual(8 * WINDOW_BYTES);
    expect(sizes.at(-1)).toBe(MAX_WINDOW_BYTES);
  });
});

describe("a window", () => {
  it("is no larger than eight round trips of its reader, and the reader still gets its full rate", () => {
    const { path, open } = makeWorld(50, GIGABIT);
    const { client, server, upstream, stream } = open();
    send(upstream, server, 1_000_000_000);
    // 10 MB/s: half a megabyte in a round trip.
    throttle(path, client, () => 10_000);
    path.run(1_000);
    const before = client.bytes;
    path.run(2_000);
    expect(windowOf(stream)).toBeLessThanOrEqual(4_194_304);
    expect(client.bytes - before).toBeGreaterThan(0.95 * 20_000_000);
  });

  it("never grows for a reader that takes nothing, and shrinks again for one that has become slow", () => {
    const { path, open } = makeWorld(50, GIGABIT);
    const stalled = open();
    stalled.client.holdCredit = true;
    send(stalled.upstream, stalled.server, 100_000_000);
    const tired = open();
    send(tired.upstream, tired.server, 1_000_000_000);
    let rate = GIGABIT;
    throttle(path, tired.client, () => rate);
    path.run(2_000);
    expect([stalled.client.bytes, windowOf(stalled.stream)]).toEqual([WINDOW_BYTES, WINDOW_BYTES]);
    expect(windowOf(tired.stream)).toBeGreaterThan(4_000_000);
    rate = 500;
    path.run(120_000);
    expect(windowOf(tired.stream)).toBeLessThanOrEqual(2 * WINDOW_BYTES);
    expect(tired.client.held).toBeLessThanOrEqual(2 * WINDOW_BYTES);
  });

  it("stays at its first size where the round trip is short: larger ones would only make others wait", () => {
    const { path, open } = makeWorld(0.4, GIGABIT);
    const { client, server, upstream, stream } = open();
    send(upstream, server, 300_000_000);
    path.runUntil(() => client.ended, 10_000);
    expect(windowOf(stream)).toBe(WINDOW_BYTES);
  });

  it("of all streams together keeps within what link and process allow, and comes back when streams end", () => {
    const processBudget = new WindowBudget(1.5 * LINK_WINDOW_BYTES);
    const session = { windowBudget: processBudget };
    const worlds = [makeWorld(50, 1e9, session), makeWorld(50, 1e9, session)];
    const streams = worlds.map((world) => Array.from({ length: 10 }, () => world.open()));
    for (const [i, world] of worlds.entries()) {
      for (const { upstream, server } of streams[i]!) send(upstream, server, 2_000_000_000);
      world.path.run(1_000);
      const extra = streams[i]!.reduce((sum, { stream }) => sum + windowOf(stream) - WINDOW_BYTES, 0);
      expect(extra).toBeLessThanOrEqual(LINK_WINDOW_BYTES);
      expect(world.path.relay.budget.taken).toBe(extra);
    }
    expect(processBudget.taken).toBeLessThanOrEqual(1.5 * LINK_WINDOW_BYTES);
    expect(processBudget.taken).toBeGreaterThan(LINK_WINDOW_BYTES);
    // Now nobody reads: what is held is what the windows say and no byte more.
    for (const [i, world] of worlds.entries()) {
      for (const { client } of streams[i]!) client.holdCredit = true;
      world.path.run(5_000);
      for (const { client, stream } of streams[i]!) expect(client.held).toBeLessThanOrEqual(windowOf(stream));
    }
    for (const { stream } of streams[0]!) stream.reset(0);
    worlds[1]!.path.relay.lost("gone");
    expect(processBudget.taken).toBe(0);
  });
});

describe("a link that carries bulk", () => {
  it("has a small answer on its way within what the socket holds, however many bulk streams there are", () => {
    const { path, open } = makeWorld(20, GIGABIT);
    for (let i = 0; i < 8; i++) {
      const { upstream, server } = open();
      send(upstream, server, 1_000_000_000);
    }
    path.run(1_000);
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) {
      const { client, upstream, server } = open();
      const askedAt = path.now;
      pump(upstream, server, bytes("hello"));
      path.runUntil(() => client.ended, 1_000);
      waits.push(path.now - askedAt);
      path.run(7);
    }
    // Half a round trip, then the socket's own buffer, a batch above it and one in the making.
    const most = 10 + (HIGH_WATER_BYTES + 2 * 70_000) / GIGABIT;
    expect(Math.max(...waits)).toBeLessThan(most);
  });

  it("gives each bulk stream its turn: between two frames of one there are few of each other", () => {
    const { path, open } = makeWorld(20, GIGABIT);
    const order: number[] = [];
    for (let i = 0; i < 4; i++) {
      const { client, upstream, server } = open();
      const told = client.onData.bind(client);
      client.onData = (chunk, end) => {
        for (let at = 0; at < chunk.length; at += 1_024) order.push(i);
        told(chunk, end);
      };
      send(upstream, server, 1_000_000_000);
    }
    path.run(500);
    order.length = 0;
    path.run(500);
    const last = [0, 0, 0, 0];
    let longest = 0;
    for (const [at, stream] of order.entries()) {
      longest = Math.max(longest, at - last[stream]!);
      last[stream] = at;
    }
    // Three others with at most a batch each between two pieces of one.
    expect(longest * 1_024).toBeLessThanOrEqual(4 * 65_536 + 32_768);
    const shares = [0, 1, 2, 3].map((i) => order.filter((stream) => stream === i).length);
    expect(Math.min(...shares)).toBeGreaterThan(0.9 * Math.max(...shares));
  });

  it("is not held up by a reader that has stalled with all its window", () => {
    const { path, open } = makeWorld(20, GIGABIT);
    const stalled = open();
    stalled.client.holdCredit = true;
    send(stalled.upstream, stalled.server, 100_000_000);
    path.run(1_000);
    const { client, upstream, server } = open();
    const startedAt = path.now;
    send(upstream, server, 50_000_000);
    path.runUntil(() => client.ended, 10_000);
    expect((path.now - startedAt) * 0.7).toBeLessThan(50_000_000 / GIGABIT);
    expect(stalled.client.bytes).toBe(WINDOW_BYTES);
  });
});
