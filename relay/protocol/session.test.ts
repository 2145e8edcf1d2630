import { describe, expect, it } from "vitest";
import { LINK_LOST, ResetCode } from "./codes.ts";
import { FairWriter } from "./fair-writer.ts";
import { MAX_STRAY_BYTES, MAX_STREAM_ID, WINDOW_BYTES } from "./limits.ts";
import { WindowBudget } from "./receive-window.ts";
import { type AcceptedStream, BodyFraming, type Stream, StreamKind } from "./stream.ts";
import { createPair, type Pair } from "./testing/pair.ts";
import { bytes, echo, pump, Recorder, text } from "./testing/recorder.ts";

const get = bytes("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
const ok = bytes("HTTP/1.1 200 OK\r\n\r\n");

function openTo(pair: Pair, recorder: Recorder, end = false, kind: StreamKind = StreamKind.http): Stream {
  const stream = pair.relay.open(kind, BodyFraming.chunked, get, end, recorder);
  if (stream === null) throw new Error("refused");
  recorder.stream = stream;
  return stream;
}

/** A pair whose connector hands each accepted stream to a recorder. */
function recordingPair() {
  const accepted: { stream: AcceptedStream; recorder: Recorder; head: string; end: boolean }[] = [];
  const pair = createPair(
    {},
    {
      onOpen(stream, _kind, _framing, head, end) {
        const recorder = new Recorder();
        recorder.stream = stream;
        accepted.push({ stream, recorder, head: text(head), end });
        return recorder;
      },
    },
  );
  return { pair, accepted };
}

describe("a stream", () => {
  it("carries head, body and trailers both ways and is forgotten by both ends", () => {
    const { pair, accepted } = recordingPair();
    const client = new Recorder();
    const stream = openTo(pair, client);
    expect(stream.write(bytes("question"))).toBe(8);
    stream.end(bytes("X-Sum: 1\r\n"));
    pair.settle();
    const server = accepted[0]!;
    expect(server).toMatchObject({ head: text(get), end: false });
    expect(server.recorder).toMatchObject({ trailers: "X-Sum: 1\r\n", ended: true });
    expect(text(new Uint8Array(server.recorder.body))).toBe("question");
    server.stream.head(ok, false);
    server.stream.write(bytes("answer"));
    server.stream.end();
    pair.settle();
    expect(client).toMatchObject({ heads: [text(ok)], ended: true, resets: [] });
    expect(text(new Uint8Array(client.body))).toBe("answer");
    expect([pair.relay.outstanding, pair.connector.outstanding]).toEqual([0, 0]);
  });

  it("carries how long the upstream took, before the head, to a relay that asked for it", () => {
    const { pair, accepted } = recordingPair();
    const client = new Recorder();
    openTo(pair, client, true);
    openTo(pair, new Recorder(), true);
    pair.settle();
    accepted[0]!.stream.timing(1_234.4);
    accepted[0]!.stream.head(ok, true);
    pair.settle();
    expect(client).toMatchObject({ timings: [], heads: [text(ok)] });
    pair.connector.tellsTiming = true;
    const other = new Recorder();
    openTo(pair, other, true);
    pair.settle();
    accepted[2]!.stream.timing(1_234.4);
    accepted[2]!.stream.head(ok, true);
    pair.settle();
    expect(other).toMatchObject({ timings: [1_234], heads: [text(ok)], ended: true });
  });

  it("puts END on the frame before it, so that a small answer is two frames in one message", () => {
    const { pair, accepted } = recordingPair();
    openTo(pair, new Recorder(), true);
    pair.settle();
    const before = pair.toRelay.sentMessages;
    accepted[0]!.stream.head(ok, false);
    accepted[0]!.stream.write(bytes("x"));
    accepted[0]!.stream.end();
    let seen = 0;
    const send = pair.toRelay.send.bind(pair.toRelay);
    pair.toRelay.send = (batch, start, end) => {
      seen = end - start;
      send(batch, start, end);
    };
    pair.settle();
    expect(pair.toRelay.sentMessages).toBe(before + 1);
    expect(seen).toBe(8 + ok.length + 8 + 1);
  });

  it("half-closes: one side may go on after the other has ended", () => {
    const { pair, accepted } = recordingPair();
    const client = new Recorder();
    const stream = openTo(pair, client, false, StreamKind.websocket);
    pair.settle();
    const server = accepted[0]!;
    server.stream.head(bytes("HTTP/1.1 101 S\r\n\r\n"), false);
    server.stream.end();
    pair.settle();
    expect(client.ended).toBe(true);
    expect(stream.write(bytes("more"))).toBe(4);
    stream.end();
    pair.settle();
    expect(server.recorder).toMatchObject({ bytes: 4, ended: true, resets: [] });
    expect([pair.relay.outstanding, pair.connector.outstanding]).toEqual([0, 0]);
  });

  it("tells the connector CANCEL when an HTTP answer is complete before its request", () => {
    const { pair, accepted } = recordingPair();
    const client = new Recorder();
    const stream = openTo(pair, client);
    pair.settle();
    accepted[0]!.stream.head(ok, true);
    pair.settle();
    expect(accepted[0]!.recorder.resets).toEqual([{ code: ResetCode.cancel, reason: "" }]);
    expect(client.resets).toEqual([]);
    expect(stream.write(bytes("the rest"))).toBe(8);
    expect([pair.relay.outstanding, pair.connector.outstanding]).toEqual([0, 0]);
  });

  it("is reset by the opener: the acceptor hears the code once, frames that crossed are ignored", () => {
    const { pair, accepted } = recordingPair();
    const client = new Recorder();
    const stream = openTo(pair, client);
    pair.settle();
    const server = accepted[0]!;
    stream.reset(ResetCode.cancel, "client left");
    server.stream.head(ok, false);
    server.stream.write(new Uint8Array(100_000));
    pair.settle();
    expect(server.recorder.resets).toEqual([{ code: ResetCode.cancel, reason: "client left" }]);
    expect(client).toMatchObject({ heads: [], bytes: 0, resets: [] });
    expect(pair.relay.closed).toBe(false);
  });

  it("is reset by the acceptor", () => {
    const { pair, accepted } = recordingPair();
    const client = new Recorder();
    openTo(pair, client);
    pair.settle();
    accepted[0]!.stream.reset(ResetCode.upstreamUnreachable, "ECONNREFUSED");
    pair.settle();
    expect(client.resets).toEqual([{ code: ResetCode.upstreamUnreachable, reason: "ECONNREFUSED" }]);
    expect([pair.relay.outstanding, pair.connector.outstanding]).toEqual([0, 0]);
  });

  it("is refused when the acceptor takes none", () => {
    const pair = createPair({}, { onOpen: () => null });
    const client = new Recorder();
    openTo(pair, client, true);
    pair.settle();
    expect(client.resets[0]?.code).toBe(ResetCode.refused);
  });
});

describe("flow control", () => {
  it("moves 5 MB each way, intact, with never more than a window and the link's own bound in flight", () => {
    const pair = createPair({}, { onOpen: (stream, _k, _f, head, end) => echo(stream, head, end) });
    const client = new Recorder();
    const source = new Uint8Array(5_000_000).map((_, i) => (i * 31) >>> 3);
    pump(openTo(pair, client), client, source);
    pair.settle();
    expect(client.ended).toBe(true);
    expect(Buffer.from(client.body).equals(Buffer.from(source))).toBe(true);
    expect(pair.toConnector.peakBytes).toBeLessThan(2 * WINDOW_BYTES);
  });

  it("sends a large body intact, whether its bytes may be written over or not", () => {
    for (const spare of [undefined, 0, 300]) {
      const { pair, accepted } = recordingPair();
      const client = new Recorder();
      openTo(pair, client, true);
      pair.settle();
      const { stream } = accepted[0]!;
      stream.head(ok, false);
      const buffer = Uint8Array.from({ length: 200_300 }, (_, n) => (n * 7 + (n >> 8)) & 0xff);
      const body = buffer.slice(300);
      expect(stream.write(buffer.subarray(300), spare)).toBe(200_000);
      expect(stream.write(bytes("tail"), 0)).toBe(4);
      stream.end();
      pair.settle();
      expect(Buffer.compare(Buffer.from(client.body), Buffer.concat([body, bytes("tail")]))).toBe(0);
      expect(client.ended).toBe(true);
      const touched = Buffer.compare(buffer.subarray(300), body) !== 0;
      expect(touched).toBe(spare !== undefined);
    }
  });

  it("stops at the window of a reader that gives nothing back, and other streams go on", () => {
    const { pair, accepted } = recordingPair();
    const slow = new Recorder();
    slow.holdCredit = true;
    openTo(pair, slow, true);
    const quick = new Recorder();
    openTo(pair, quick, true);
    pair.settle();
    const [first, second] = accepted;
    first!.stream.head(ok, false);
    second!.stream.head(ok, false);
    let taken = 0;
    const chunk = new Uint8Array(100_000);
    const writeMore = () => {
      const now = first!.stream.write(chunk);
      taken += now;
      return now;
    };
    while (writeMore() > 0) pair.settle();
    expect(taken).toBe(WINDOW_BYTES);
    expect(slow.bytes).toBe(WINDOW_BYTES);
    pump(second!.stream, second!.recorder, new Uint8Array(1_000_000));
    pair.settle();
    expect(quick).toMatchObject({ bytes: 1_000_000, ended: true });
    const before = first!.recorder.writable;
    slow.stream!.credit(WINDOW_BYTES);
    pair.settle();
    expect(first!.recorder.writable).toBe(before + 1);
  });

  it("buffers no DATA for a link whose peer does not read; heads still go ahead of waiting DATA", () => {
    const { pair } = recordingPair();
    pair.toConnector.stalled = true;
    const recorders = Array.from({ length: 40 }, () => new Recorder());
    const streams = recorders.map((recorder) => openTo(pair, recorder));
    pair.settle();
    for (const [i, stream] of streams.entries()) pump(stream, recorders[i]!, new Uint8Array(200_000));
    pair.settle();
    expect(pair.toConnector.bufferedBytes()).toBeLessThan(256 * 1024 + 2 * 70_000);
    openTo(pair, new Recorder(), true);
    pair.settle();
    pair.toConnector.stalled = false;
    pair.settle();
    expect(pair.connector.outstanding).toBe(41);
  });

  it("shares the link: a small stream is done long before eight bulk streams", () => {
    const done: string[] = [];
    const { pair, accepted } = recordingPair();
    for (let i = 0; i < 8; i++) {
      const bulk = new Recorder();
      bulk.keepBody = false;
      openTo(pair, bulk, true);
    }
    pair.settle();
    const small = new Recorder();
    small.onData = (_chunk, end) => void (end && done.push("small"));
    for (const { stream, recorder } of accepted) {
      stream.head(ok, false);
      pump(stream, recorder, new Uint8Array(3_000_000));
      const end = stream.end.bind(stream);
      stream.end = () => {
        done.push("bulk");
        end();
      };
    }
    openTo(pair, small, true);
    const answer = () => {
      accepted[8]!.stream.head(ok, false);
      pump(accepted[8]!.stream, accepted[8]!.recorder, bytes("hello"));
    };
    const receive = pair.connector.receive.bind(pair.connector);
    pair.connector.receive = (message) => {
      receive(message);
      if (accepted.length === 9 && accepted[8]!.recorder.whenWritable === null && !small.ended) {
        small.ended = true;
        answer();
      }
    };
    pair.settle();
    expect(done[0]).toBe("small");
    expect(done.length).toBe(9);
  });

  it("answers more DATA than credit with RESET FLOW_CONTROL, and an endless flood with the end of the link", () => {
    const client = new Recorder();
    const { pair, accepted } = recordingPair();
    openTo(pair, client, true);
    pair.settle();
    const server = accepted[0]!.stream as AcceptedStream & { sendCredit: number };
    server.head(ok, false);
    client.holdCredit = true;
    server.sendCredit = 100_000_000;
    pump(server, accepted[0]!.recorder, new Uint8Array(WINDOW_BYTES + 1));
    pair.settle();
    expect(client.resets[0]?.code).toBe(ResetCode.flowControl);
    expect(pair.relay.closed).toBe(false);
    for (let i = 0; i < 10 && !pair.relay.closed; i++) {
      pair.connector.sendFrame(0x12, false, 1, new Uint8Array(65_536));
      pair.settle();
    }
    expect(pair.relay.closed).toBe(true);
    expect(pair.toConnector.closedWith?.code).toBe(1002);
  });
});

describe("a session", () => {
  it("keeps nothing of 100,000 streams, half of them reset from either side", () => {
    const { pair, accepted } = recordingPair();
    for (let i = 0; i < 100_000; i++) {
      const client = new Recorder();
      const stream = openTo(pair, client, i % 2 === 0);
      pair.settle();
      const server = accepted.pop()!;
      if (i % 4 === 1) stream.reset(ResetCode.cancel);
      else if (i % 4 === 3) server.stream.reset(ResetCode.upstreamReset);
      else {
        server.stream.head(ok, false);
        server.stream.write(ok);
        server.stream.end();
      }
      pair.settle();
    }
    for (const session of [pair.relay, pair.connector]) {
      expect(session).toMatchObject({ outstanding: 0, closed: false, budget: { taken: 0 } });
      // What it keeps of streams that are over is a number, and that is bounded, too.
      const kept = session as unknown as { streams: Map<number, unknown>; strayBudget: number };
      expect(kept.streams.size).toBe(0);
      expect(kept.strayBudget).toBeLessThanOrEqual(MAX_STRAY_BYTES);
    }
  });

  it("holds no writer, budget or map of streams while it is idle, also after a stream", () => {
    const { pair, accepted } = recordingPair();
    const held = (session: object) =>
      Object.values(session).filter(
        (value) =>
          value instanceof FairWriter ||
          value instanceof WindowBudget ||
          (value instanceof Map && value.size > 0),
      ).length;
    const count = () => [held(pair.relay), held(pair.connector)];
    expect(count()).toEqual([0, 0]);
    pair.relay.ping();
    pair.settle();
    expect(pair.relay.roundTripMs).toBe(0);
    expect(count()).toEqual([0, 0]);

    const client = new Recorder();
    openTo(pair, client, true);
    pair.settle();
    // The connector has had nothing to say yet.
    expect(count()).toEqual([2, 1]);
    accepted[0]!.stream.head(ok, true);
    pair.settle();
    expect(client.heads).toEqual([text(ok)]);
    // What it wrote last was before the answer: the next PING shows that there is no stream any more.
    pair.relay.ping();
    pair.settle();
    const writers = (session: object) =>
      Object.values(session).filter((value) => value instanceof FairWriter);
    expect([...writers(pair.relay), ...writers(pair.connector)]).toEqual([]);
  });

  it("gathers the frames of a tick into one message", () => {
    const { pair } = recordingPair();
    const before = pair.toConnector.sentMessages;
    for (let i = 0; i < 50; i++) openTo(pair, new Recorder(), true);
    pair.settle();
    expect(pair.toConnector.sentMessages).toBe(before + 1);
  });

  it("opens nothing after a connector's GOAWAY, while running streams finish", () => {
    const { pair, accepted } = recordingPair();
    const client = new Recorder();
    openTo(pair, client, true);
    pair.settle();
    pair.connector.goaway(0, "moving");
    pair.settle();
    expect(pair.relay.accepting).toBe(false);
    expect(pair.relay.open(0, 0, get, true, new Recorder())).toBeNull();
    expect(pair.connector.finished).toBe(false);
    accepted[0]!.stream.head(ok, true);
    pair.settle();
    expect(client.ended).toBe(true);
    expect(pair.connector.finished).toBe(true);
  });

  it("is not finished for a connector before the relay has seen its GOAWAY: a stream may be on its way", () => {
    const { pair, accepted } = recordingPair();
    const client = new Recorder();
    openTo(pair, client, true);
    pair.connector.goaway(0, "moving");
    expect(pair.connector.finished).toBe(false);
    pair.settle();
    expect(accepted.length).toBe(1);
    accepted[0]!.stream.head(ok, true);
    pair.settle();
    expect(client.ended).toBe(true);
    expect(pair.connector.finished).toBe(true);
  });

  it("goes on serving requests that reached the relay before its GOAWAY", () => {
    const { pair, accepted } = recordingPair();
    pair.relay.goaway(0, "stopping");
    const client = new Recorder();
    openTo(pair, client, true);
    pair.settle();
    expect(pair.connector.accepting).toBe(false);
    expect(accepted.length).toBe(1);
    expect(pair.relay.finished).toBe(false);
    accepted[0]!.stream.head(ok, true);
    pair.settle();
    expect([client.ended, pair.relay.finished]).toEqual([true, true]);
  });

  it("tells every stream when the transport is lost", () => {
    const { pair, accepted } = recordingPair();
    const client = new Recorder();
    openTo(pair, client);
    pair.settle();
    pair.relay.lost("socket closed");
    pair.connector.lost("socket closed");
    pair.connector.lost("again");
    expect(client.resets).toEqual([{ code: LINK_LOST, reason: "socket closed" }]);
    expect(accepted[0]!.recorder.resets.length).toBe(1);
  });

  it("measures the round trip, PINGs on time and ends a silent link", () => {
    const closes: number[] = [];
    const { pair } = recordingPair();
    const lonely = createPair({ onClose: (code) => closes.push(code) }, {});
    pair.relay.ping();
    pair.clock.now += 7;
    pair.settle();
    expect(pair.relay.roundTripMs).toBe(7);
    lonely.toConnector.stalled = true;
    for (let i = 0; i < 25 && closes.length === 0; i++) {
      lonely.clock.now += 1_000;
      lonely.relay.checkAlive();
      lonely.settle();
    }
    expect(closes).toEqual([9]);
    expect(lonely.clock.now).toBeLessThanOrEqual(20_000);
  });

  it("takes no silence of its own for the peer's: a process that got no time asks first, and ends the link when nothing comes", () => {
    const run = (isGone: boolean) => {
      const closes: number[] = [];
      const pair = createPair({ onClose: (code) => closes.push(code) }, {});
      const look = (ms: number) => {
        pair.clock.now += ms;
        pair.relay.checkAlive();
        if (!isGone) pair.settle();
        return closes.length;
      };
      for (let n = 0; n < 3; n++) look(1_000);
      pair.settle();
      pair.toConnector.stalled = isGone;
      const from = pair.clock.now;
      // Twelve seconds without a turn: what the peer said meanwhile has not been read when the timer comes.
      expect(look(12_000)).toBe(0);
      for (let n = 0; n < 30 && closes.length === 0; n++) look(1_000);
      return { closes, afterMs: pair.clock.now - from };
    };
    expect(run(false).closes).toEqual([]);
    const gone = run(true);
    expect(gone.closes).toEqual([9]);
    expect(gone.afterMs).toBeLessThanOrEqual(25_000);
  });

  it("finds a half-open link within 25 s, however little time it gets itself", () => {
    const closes: number[] = [];
    const pair = createPair({ onClose: (code) => closes.push(code) }, {});
    pair.toConnector.stalled = true;
    const from = pair.clock.now;
    while (closes.length === 0 && pair.clock.now - from < 60_000) {
      pair.clock.now += 3_000;
      pair.relay.checkAlive();
    }
    expect(closes).toEqual([9]);
    expect(pair.clock.now - from).toBeLessThanOrEqual(25_000);
  });

  it("asks for a new link before stream ids run out", () => {
    const goaways: number[] = [];
    const pair = createPair(
      {},
      { onOpen: () => null, onGoaway: (code) => goaways.push(code) },
      { firstStreamId: MAX_STREAM_ID },
    );
    expect(pair.relay.open(0, 0, get, true, new Recorder())).not.toBeNull();
    expect(pair.relay.open(0, 0, get, true, new Recorder())).toBeNull();
    pair.settle();
    expect(goaways).toEqual([0]);
  });

  it.each([
    ["a stream that never was", [0x12, 5, "x"]],
    ["DATA before a head", [0x12, 1, "x"]],
    ["an OPEN by the connector", [0x10, 2, "\0\0GET"]],
    ["a second HELLO", [0x01, 0, "{}"]],
    ["empty DATA without END", [0x12, 1, ""]],
    ["WINDOW of 0", [0x14, 1, "\0\0\0\0"]],
    ["credit above 2^31-1", [0x14, 1, "\x7f\x7f\x7f\x7f".repeat(1)]],
  ] as [string, [number, number, string]][])("ends the link on %s", (name, [type, id, payload]) => {
    const { pair } = recordingPair();
    const client = new Recorder();
    openTo(pair, client);
    pair.settle();
    pair.connector.sendFrame(type, false, id, bytes(payload));
    if (name.startsWith("credit")) pair.connector.sendFrame(type, false, id, bytes(payload));
    pair.settle();
    expect(pair.relay.closed).toBe(true);
    expect(client.resets[0]?.code).toBe(LINK_LOST);
    expect(pair.toConnector.closedWith).not.toBeNull();
  });

  it("ends the link of a peer that floods PINGs, or heads on one stream", () => {
    const flood = recordingPair().pair;
    for (let i = 0; i < 101; i++) flood.connector.ping();
    flood.settle();
    expect(flood.relay.closed).toBe(true);
    const { pair, accepted } = recordingPair();
    openTo(pair, new Recorder(), true);
    pair.settle();
    for (let i = 0; i < 17; i++) accepted[0]!.stream.head(ok, false);
    pair.settle();
    expect(pair.relay.closed).toBe(true);
  });

  it("ends only its link when a handler throws", () => {
    const reasons: string[] = [];
    const pair = createPair({ onClose: (_code, reason) => reasons.push(reason) }, { onOpen: echoOpen });
    const client = new Recorder();
    client.onHead = () => {
      throw new Error("handler fault");
    };
    openTo(pair, client);
    pair.settle();
    expect(reasons[0]).toContain("handler fault");
    expect(client.resets[0]?.code).toBe(LINK_LOST);
  });
});

function echoOpen(stream: AcceptedStream, _kind: number, _framing: number, head: Uint8Array, end: boolean) {
  return echo(stream, head, end);
}
