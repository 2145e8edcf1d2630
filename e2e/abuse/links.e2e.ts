import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { GoawayCode } from "../../relay/protocol/codes.ts";
import { END, FrameType } from "../../relay/protocol/frames.ts";
import { issueConnectorToken } from "../fixtures/connector-token.ts";
import { within } from "../fixtures/gate.ts";
import { processMemory } from "../fixtures/process-memory.ts";
import { RawHttp } from "../fixtures/raw-http.ts";
import { frame, RawLink, type RawLinkOptions, u32, webSocketFrame } from "../fixtures/raw-link.ts";
import { until } from "../fixtures/until.ts";
import { type LabTenant, makeTenant, tunnelLab } from "../tunnel/lab.ts";
import { type Bystander, startBystander } from "./bystander.ts";

const MIB = 1024 * 1024;
/** What a link may cost the relay while it is abused: what the peer has sent and nobody reads is in its own buffers. */
const MEMORY_BAR = 48 * MIB;

const lab = await tunnelLab();
const state = { asked: 0 } as { asked: number; hostile: LabTenant; bystander: Bystander };
const links: RawLink[] = [];

beforeAll(async () => {
  state.hostile = await makeTenant(lab.world, { plan: "team" });
  state.bystander = await startBystander(lab);
});
afterAll(() => state.bystander?.stop());
afterEach(async () => {
  for (const link of links.splice(0)) link.destroy();
  await state.bystander.stillServed();
});

/** A link of the hostile tenant. */
async function open(options: RawLinkOptions = {}): Promise<RawLink> {
  const { connectorToken } = await issueConnectorToken(
    lab.world.db,
    lab.world.signingSecret,
    state.hostile,
    state.hostile,
  );
  const link = await RawLink.open(lab.port, connectorToken, options);
  links.push(link);
  return link;
}

/** A client of the hostile tenant whose request is open on the link; gives its stream. */
async function ask(link: RawLink, lines: string[] = []): Promise<{ http: RawHttp; streamId: number }> {
  const http = await RawHttp.open(lab.port);
  const path = `/asked-${state.asked++}`;
  http.request([`GET ${path} HTTP/1.1`, `Host: ${state.hostile.host}`, ...lines]);
  for (;;) {
    // A request that an earlier link left unanswered is tried again on this one: that is not ours.
    const { streamId, payload } = await within(30_000, "OPEN", link.next(FrameType.open));
    if (payload.includes(`GET ${path} `)) return { http, streamId };
  }
}

const ending = (link: RawLink) => within(30_000, "end of the link", link.ended);
const relayBytes = () => processMemory(lab.world.relay.process.pid).residentBytes;
/** What a flood left lying about is collected a moment later; what stays is what it cost. */
const expectGivenBack = (before: number) =>
  vi.waitFor(() => expect(relayBytes() - before).toBeLessThan(MEMORY_BAR), {
    timeout: 15_000,
    interval: 250,
  });
const OK = "HTTP/1.1 200 OK\r\n\r\n";
const SWITCHING = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

describe("WebSocket of a link, broken: refused at the header, with the close code of RFC 6455", () => {
  const header = (bytes: number[]) => Buffer.from(bytes);
  const huge = (length: bigint) => {
    const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
    head.writeBigUInt64BE(length, 2);
    return head;
  };
  test.each<[string, Buffer, number]>([
    ["a declared length of 1 MiB and a byte", huge(1_048_577n), 1009],
    ["a declared length of 2^40", huge(2n ** 40n), 1009],
    ["a declared length with the sign bit", huge(2n ** 63n + 5n), 1009],
    ["a frame without a mask", webSocketFrame(2, Buffer.alloc(8), { masked: false }), 1002],
    ["a compressed message (RSV1)", header([0xc2, 0x80, 1, 2, 3, 4]), 1002],
    ["RSV2", header([0xa2, 0x80, 1, 2, 3, 4]), 1002],
    ["an unknown opcode", header([0x83, 0x80, 1, 2, 3, 4]), 1002],
    ["a text message", webSocketFrame(1, Buffer.from("hi")), 1003],
    ["a continuation of nothing", webSocketFrame(0, Buffer.alloc(3)), 1002],
    ["a fragmented ping", webSocketFrame(9, Buffer.alloc(3), { fin: false }), 1002],
    ["a ping of 126 bytes", webSocketFrame(9, Buffer.alloc(126)), 1002],
  ])("%s", async (_name, bytes, closeCode) => {
    const link = await open();
    link.raw(bytes);
    expect((await ending(link)).closeCode).toBe(closeCode);
  });

  test("a million empty frames, a million pings, fragments without an end: closed after a few, memory flat", async () => {
    const before = relayBytes();
    const floods: [Buffer, number][] = [
      [webSocketFrame(9, Buffer.alloc(0)), 1008],
      [webSocketFrame(0, Buffer.alloc(0), { fin: false }), 1008],
    ];
    for (const [bytes, closeCode] of floods) {
      const link = await open();
      const block = Buffer.concat(Array(10_000).fill(bytes));
      if (closeCode === 1008) link.raw(webSocketFrame(2, Buffer.alloc(0), { fin: false }));
      for (let n = 0; n < 100; n++) link.raw(block);
      expect((await ending(link)).closeCode).toBe(closeCode);
    }
    // Whole empty messages carry no frame and cost nothing but their header: a million of them change nothing.
    const link = await open();
    const block = Buffer.concat(Array(10_000).fill(webSocketFrame(2, Buffer.alloc(0))));
    for (let n = 0; n < 100; n++) link.raw(block);
    const { http, streamId } = await ask(link);
    link.answer(streamId, OK, "after a million");
    expect((await http.response()).body.toString()).toBe("after a million");
    http.close();
    await expectGivenBack(before);
  });

  test("a message of 1 MiB in fragments of a byte is not gathered for ever", async () => {
    const link = await open();
    link.raw(webSocketFrame(2, Buffer.alloc(1), { fin: false }));
    const bytes = webSocketFrame(0, Buffer.alloc(1), { fin: false });
    link.raw(Buffer.concat(Array(100_000).fill(bytes)));
    expect((await ending(link)).closeCode).toBe(1008);
  });
});

describe("frames of a link, broken: GOAWAY with a code, then a close", () => {
  const cases: [string, (link: RawLink) => Promise<void> | void, number][] = [
    ["an unknown type", (link) => void link.send(frame(0x3f, 0)), GoawayCode.protocolError],
    ["type 0", (link) => void link.send(frame(0, 1)), GoawayCode.protocolError],
    [
      "a length over the bound",
      (link) => void link.send(frame(FrameType.data, 1, Buffer.alloc(0), 65_537)),
      GoawayCode.frameTooLarge,
    ],
    [
      "the largest length there is",
      (link) => void link.send(frame(FrameType.data, 1, Buffer.alloc(9), 0xffffff)),
      GoawayCode.frameTooLarge,
    ],
    [
      "a frame that ends before its length",
      (link) => void link.send(frame(FrameType.ping, 0, Buffer.alloc(4), 8)),
      GoawayCode.protocolError,
    ],
    ["a cut header", (link) => void link.send(Buffer.from([0, 0, 8])), GoawayCode.protocolError],
    [
      "OPEN by the connector",
      (link) => void link.send(frame(FrameType.open, 1, Buffer.from("\0\0GET"))),
      GoawayCode.protocolError,
    ],
    [
      "a second HELLO",
      (link) => void link.send(frame(FrameType.hello, 0, Buffer.from("{}"))),
      GoawayCode.protocolError,
    ],
    [
      "WELCOME by the connector",
      (link) => void link.send(frame(FrameType.welcome, 0, Buffer.from("{}"))),
      GoawayCode.protocolError,
    ],
    [
      "a PING on a stream",
      (link) => void link.send(frame(FrameType.ping, 1, Buffer.alloc(8))),
      GoawayCode.protocolError,
    ],
    [
      "DATA on the link itself",
      (link) => void link.send(frame(FrameType.data, 0, Buffer.alloc(8))),
      GoawayCode.protocolError,
    ],
    [
      "a frame on a stream that never was",
      (link) => void link.send(frame(FrameType.window, 77, u32(1))),
      GoawayCode.protocolError,
    ],
    [
      "DATA before the head",
      async (link) => {
        const { streamId } = await ask(link);
        link.send(frame(FrameType.data, streamId, Buffer.from("early")));
      },
      GoawayCode.protocolError,
    ],
    [
      "DATA after END",
      async (link) => {
        const { streamId } = await ask(link, [
          "Connection: Upgrade",
          "Upgrade: websocket",
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]);
        link.send(
          frame(FrameType.head, streamId, Buffer.from(SWITCHING)),
          frame(FrameType.data | END, streamId, Buffer.from("last")),
          frame(FrameType.data, streamId, Buffer.from("late")),
        );
      },
      GoawayCode.protocolError,
    ],
    [
      "credit of 0",
      async (link) => {
        const { streamId } = await ask(link, ["Content-Length: 5"]);
        link.send(frame(FrameType.window, streamId, u32(0)));
      },
      GoawayCode.flowControl,
    ],
    [
      "credit over 2^31-1",
      async (link) => {
        const { streamId } = await ask(link, ["Content-Length: 5"]);
        link.send(frame(FrameType.window, streamId, u32(0x7fff_ffff)));
      },
      GoawayCode.flowControl,
    ],
    [
      "credit with the sign bit",
      async (link) => {
        const { streamId } = await ask(link, ["Content-Length: 5"]);
        link.send(frame(FrameType.window, streamId, u32(0xffff_ffff)));
      },
      GoawayCode.flowControl,
    ],
    [
      "a flood of PINGs",
      (link) => void link.send(...Array<Buffer>(200).fill(frame(FrameType.ping, 0, Buffer.alloc(8)))),
      GoawayCode.protocolError,
    ],
    [
      "17 informational heads",
      async (link) => {
        const { streamId } = await ask(link);
        const early = frame(FrameType.head, streamId, Buffer.from("HTTP/1.1 103 Early Hints\r\n\r\n"));
        link.send(...Array<Buffer>(17).fill(early));
      },
      GoawayCode.protocolError,
    ],
  ];
  test.each(cases)("%s", async (_name, abuse, code) => {
    const link = await open();
    await abuse(link);
    const { goaway, closeCode } = await ending(link);
    expect(goaway?.code).toBe(code);
    expect(goaway?.reason).not.toBe("");
    expect([1002, 1009]).toContain(closeCode);
  });

  test.each([
    ["no version that is shared", { versions: [99] }, GoawayCode.version],
    ["versions that are no numbers", { versions: ["1; drop"] }, GoawayCode.protocolError],
    ["no versions", { versions: null }, GoawayCode.protocolError],
    ["a name of 4 KB", { agent: "a".repeat(3_000) }, GoawayCode.protocolError],
  ])("HELLO with %s", async (_name, changes, code) => {
    const link = await open({ hello: null });
    const hello = { versions: [1], agent: "raw", capacity: 0, links: 1, linkIndex: 0, ...changes };
    link.send(frame(FrameType.hello, 0, Buffer.from(JSON.stringify(hello))));
    expect((await ending(link)).goaway?.code).toBe(code);
  });

  test("more DATA than credit: the stream is reset, its client cut; going on after that ends the link", async () => {
    const link = await open();
    const before = relayBytes();
    const { http, streamId } = await ask(link);
    // A client that takes nothing gives no credit back.
    http.socket.pause();
    link.send(frame(FrameType.head, streamId, Buffer.from(OK)));
    const block = frame(FrameType.data, streamId, Buffer.alloc(65_536, "x"));
    for (let n = 0; n < 200; n++) link.send(block, block, block, block);
    expect((await ending(link)).goaway?.code).toBe(GoawayCode.protocolError);
    const reset = link.frames.find((one) => one.type === FrameType.reset);
    expect(reset?.payload.readUInt32BE(0)).toBe(6);
    http.close();
    await expectGivenBack(before);
  });

  test("frames on closed streams: what crossed is ignored, an endless flood ends the link", async () => {
    const link = await open();
    const { http, streamId } = await ask(link);
    link.answer(streamId, OK, "done");
    expect((await http.response()).body.toString()).toBe("done");
    http.close();
    const window = frame(FrameType.window, streamId, u32(1));
    link.send(window, window, window);
    const again = await ask(link);
    link.answer(again.streamId, OK, "still up");
    expect((await again.http.response()).body.toString()).toBe("still up");
    again.http.close();
    const flood = Buffer.concat(Array(2_000).fill(frame(FrameType.window, streamId, u32(1))));
    for (let n = 0; n < 50; n++) link.message(2, flood);
    expect((await ending(link)).goaway?.code).toBe(GoawayCode.protocolError);
  });
});

test("a connector that never reads: what waits for it is bounded, and others go on", async () => {
  const before = relayBytes();
  const link = await open();
  link.socket.pause();
  const uploads = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const http = await RawHttp.open(lab.port);
      http.request(["PUT /swallowed HTTP/1.1", `Host: ${state.hostile.host}`, "Content-Length: 4000000"]);
      http.send(Buffer.alloc(4_000_000));
      return http;
    }),
  );
  const metrics = `http://127.0.0.1:${lab.world.relay.adminPort}/metrics`;
  await until(async () => expect(await (await fetch(metrics)).text()).toMatch(/hotspot_streams 2[01]\b/));
  await state.bystander.stillServed();
  await expectGivenBack(before);
  for (const http of uploads) http.close();
});
