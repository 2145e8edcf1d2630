import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { END, FrameType } from "../../relay/protocol/frames.ts";
import { refusedChunks, refusedResponses } from "../../relay/protocol/http1/smuggling-corpus.ts";
import { issueConnectorToken } from "../fixtures/connector-token.ts";
import { gate, within } from "../fixtures/gate.ts";
import { metricOf } from "../fixtures/metrics.ts";
import { fieldValues, RawHttp } from "../fixtures/raw-http.ts";
import { frame, RawLink } from "../fixtures/raw-link.ts";
import { until } from "../fixtures/until.ts";
import { type RawUpstream, startRawUpstream } from "../standins/raw-upstream.ts";
import { connect, type LabTenant, makeTenant, tunnelLab } from "../tunnel/lab.ts";

const lab = await tunnelLab({ env: { RELAY_HEADER_TIMEOUT_MS: "1000" } });
const parts = {} as {
  behindLink: LabTenant;
  link: RawLink;
  behindUpstream: LabTenant;
  upstream: RawUpstream;
};

beforeAll(async () => {
  const { world } = lab;
  parts.behindLink = await makeTenant(world);
  const { connectorToken } = await issueConnectorToken(
    world.db,
    world.signingSecret,
    parts.behindLink,
    parts.behindLink,
  );
  parts.link = await RawLink.open(lab.port, connectorToken);
  parts.upstream = await startRawUpstream();
  parts.behindUpstream = await makeTenant(world);
  await connect(world, parts.behindUpstream, { to: parts.upstream.url });
  lab.otherUpstream.on("/innocent", (req, res) => res.end(`innocent ${req.headers["x-n"]}`));
});
afterAll(async () => {
  parts.link?.destroy();
  await parts.upstream?.stop();
});

/** The next answer on this connection is the next request's own, of another tenant. */
async function expectInStep(http: RawHttp, n: number): Promise<void> {
  http.request(["GET /innocent HTTP/1.1", `Host: ${lab.otherHost}`, `X-N: ${n}`]);
  const answer = await within(30_000, "the next answer", http.response());
  expect([answer.status, answer.body.toString()]).toEqual([200, `innocent ${n}`]);
  expect(http.unread).toBe(0);
}

const badResponses = () => metricOf(lab.world.relay, "hotspot_edge_bad_responses");

describe("a hostile connector", () => {
  test("every head of the corpus is a 502 and counted, and the client's one connection stays in step throughout", async () => {
    const before = await badResponses();
    const http = await RawHttp.open(lab.port);
    for (const [n, { name, message }] of refusedResponses.entries()) {
      http.request([`GET /corpus-${n} HTTP/1.1`, `Host: ${parts.behindLink.host}`]);
      const { streamId } = await within(30_000, name, parts.link.next(FrameType.open));
      // The whole of a second answer behind it, for a reader that would go on.
      parts.link.send(
        frame(FrameType.head, streamId, Buffer.from(message, "latin1")),
        frame(FrameType.data | END, streamId, Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad")),
      );
      const answer = await within(30_000, name, http.response());
      expect([name, answer.status, fieldValues(answer, "hotspot-error")]).toEqual([
        name,
        502,
        ["upstream_bad_response"],
      ]);
      await expectInStep(http, n);
    }
    http.close();
    expect((await badResponses()) - before).toBe(refusedResponses.length);
  });

  const ok = "HTTP/1.1 200 OK\r\n";
  const cuts: [string, (streamId: number) => Buffer[]][] = [
    [
      "more body than its length",
      (id) => [
        frame(FrameType.head, id, Buffer.from(`${ok}Content-Length: 5\r\n\r\n`)),
        frame(FrameType.data | END, id, Buffer.from("helloHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
      ],
    ],
    [
      "less body than its length",
      (id) => [
        frame(FrameType.head, id, Buffer.from(`${ok}Content-Length: 5\r\n\r\n`)),
        frame(FrameType.data | END, id, Buffer.from("hell")),
      ],
    ],
    [
      "a second final head in mid-body",
      (id) => [
        frame(FrameType.head, id, Buffer.from(`${ok}\r\n`)),
        frame(FrameType.data, id, Buffer.from("part")),
        frame(FrameType.head, id, Buffer.from(`${ok}Content-Length: 0\r\n\r\n`)),
      ],
    ],
    [
      "trailers that go on as a response",
      (id) => [
        frame(FrameType.head, id, Buffer.from(`${ok}\r\n`)),
        frame(FrameType.data, id, Buffer.from("part")),
        frame(FrameType.trailers | END, id, Buffer.from(`X: 1\r\n\r\n${ok}Content-Length: 0\r\n\r\n`)),
      ],
    ],
    [
      "trailers that frame",
      (id) => [
        frame(FrameType.head, id, Buffer.from(`${ok}\r\n`)),
        frame(FrameType.data, id, Buffer.from("part")),
        frame(FrameType.trailers | END, id, Buffer.from("Content-Length: 5\r\n")),
      ],
    ],
  ];
  test.each(cuts)(
    "%s: the client's connection is cut, nothing looks like a next answer",
    async (_name, frames) => {
      const http = await RawHttp.open(lab.port);
      http.request(["GET /cut HTTP/1.1", `Host: ${parts.behindLink.host}`]);
      http.request(["GET /innocent HTTP/1.1", `Host: ${lab.otherHost}`]);
      const { streamId } = await within(30_000, "OPEN", parts.link.next(FrameType.open));
      parts.link.send(...frames(streamId));
      await within(30_000, "cut", http.closed());
      const seen = (await http.rest()).toString();
      expect(seen.match(/HTTP\/1\.1/g)?.length ?? 0).toBeLessThan(2);
      expect(seen).not.toMatch(/\r\n0\r\n\r\n$/);
      http.close();
    },
  );

  test("101 without being asked, and for a plain upgrade of another protocol: 502", async () => {
    const http = await RawHttp.open(lab.port);
    for (const fields of [[], ["Connection: Upgrade", "Upgrade: h2c"]]) {
      http.request(["GET /unasked HTTP/1.1", `Host: ${parts.behindLink.host}`, ...fields]);
      const { streamId, payload } = await within(30_000, "OPEN", parts.link.next(FrameType.open));
      expect(payload[0]).toBe(0);
      expect(payload.toString()).not.toMatch(/upgrade/i);
      const switching =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
      parts.link.send(frame(FrameType.head, streamId, Buffer.from(switching)));
      expect((await within(30_000, "502", http.response())).status).toBe(502);
    }
    await expectInStep(http, 101);
    http.close();
  });

  test("a connector that never answers: 504 in time, and late frames for it are ignored", async () => {
    const http = await RawHttp.open(lab.port);
    http.request(["GET /never HTTP/1.1", `Host: ${parts.behindLink.host}`]);
    const { streamId } = await within(30_000, "OPEN", parts.link.next(FrameType.open));
    expect((await within(30_000, "504", http.response())).status).toBe(504);
    parts.link.answer(streamId, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "late");
    await expectInStep(http, 504);
    http.close();
  });
});

describe("a hostile upstream", () => {
  test("every head of the corpus is a 502, and the client's one connection stays in step throughout", async () => {
    const http = await RawHttp.open(lab.port);
    for (const [n, { name, message }] of refusedResponses.entries()) {
      parts.upstream.on(`/corpus-${n}`, (socket) => socket.end(message, "latin1"));
      http.request([`GET /corpus-${n} HTTP/1.1`, `Host: ${parts.behindUpstream.host}`]);
      const answer = await within(30_000, name, http.response());
      expect([name, answer.status]).toEqual([name, 502]);
      expect(["upstream_bad_response", "upstream_reset"]).toContain(fieldValues(answer, "hotspot-error")[0]);
      await expectInStep(http, n);
    }
    http.close();
  });

  test("every chunked body of the corpus is cut at the client, never completed", async () => {
    for (const [n, { name, message }] of refusedChunks.entries()) {
      parts.upstream.on(`/chunks-${n}`, (socket) =>
        socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${message}`, "latin1"),
      );
      const http = await RawHttp.open(lab.port);
      http.request([`GET /chunks-${n} HTTP/1.1`, `Host: ${parts.behindUpstream.host}`]);
      await within(30_000, name, Promise.race([http.response().catch(() => null), http.closed()])).then(
        (answer) => {
          // Caught before the head went on: then it is an answer of ours, whole.
          if (answer !== null && typeof answer === "object")
            expect([name, answer.status]).toEqual([name, 502]);
        },
      );
      http.close();
    }
    const answered = await RawHttp.open(lab.port);
    answered.request(["GET /fine HTTP/1.1", `Host: ${parts.behindUpstream.host}`]);
    expect((await answered.response()).body.toString()).toBe("/fine");
    answered.close();
  });

  test("what it sends behind an answer, or while nobody asks, is never the answer to another request", async () => {
    const poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    const mine = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine";
    const dropped = [gate(), gate(), gate()];
    const scripts: [path: string, write: (socket: Socket) => void][] = [
      ["/double", (socket) => socket.write(mine + poison)],
      // HTTP/1.1 cannot tell what comes after the next request has left; before that it can be told.
      ["/later", (socket) => void socket.write(mine, () => asked.opened.then(() => socket.write(poison)))],
      ["/bodiless", (socket) => socket.write("HTTP/1.1 204 No Content\r\n\r\npoison!")],
    ];
    const asked = gate();
    const http = await RawHttp.open(lab.port);
    for (const [n, [path, write]] of scripts.entries()) {
      parts.upstream.on(path, (socket) => {
        socket.once("close", () => dropped[n]!.open());
        write(socket);
      });
      http.request([`GET ${path} HTTP/1.1`, `Host: ${parts.behindUpstream.host}`]);
      await within(30_000, path, http.response());
      asked.open();
      await within(30_000, `${path}: the connection is given up`, dropped[n]!.opened);
      http.request([`GET /own-${n} HTTP/1.1`, `Host: ${parts.behindUpstream.host}`]);
      expect((await within(30_000, "own", http.response())).body.toString()).toBe(`/own-${n}`);
    }
    http.close();
  });

  test("a head or informational heads without an end: 502 in time", async () => {
    const drip = (line: string) => (socket: Socket) => {
      socket.write("HTTP/1.1 103 Early Hints\r\n");
      const timer = setInterval(() => socket.write(line.repeat(50)), 1);
      socket.once("close", () => clearInterval(timer));
    };
    parts.upstream.on("/endless-head", drip("X-More: and more\r\n"));
    parts.upstream.on("/endless-hints", drip("X: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\n"));
    for (const path of ["/endless-head", "/endless-hints"]) {
      const http = await RawHttp.open(lab.port);
      http.request([`GET ${path} HTTP/1.1`, `Host: ${parts.behindUpstream.host}`]);
      expect((await within(30_000, path, http.response())).status).toBe(502);
      http.close();
    }
  });

  test("a body that never ends flows until the client has had enough, then the upstream's connection closes", async () => {
    const closed = gate();
    parts.upstream.on("/endless", (socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const block = Buffer.alloc(65_536, "e");
      const more = () => {
        while (!socket.destroyed && socket.write(block));
      };
      socket.on("drain", more).once("close", () => closed.open());
      more();
    });
    const http = await RawHttp.open(lab.port);
    http.request(["GET /endless HTTP/1.1", `Host: ${parts.behindUpstream.host}`]);
    await http.readHead();
    for (let bytes = 0; bytes < 2_000_000; ) bytes += (await within(30_000, "more", http.readChunk())).length;
    http.close();
    await within(30_000, "end at the upstream", closed.opened);
  });

  test("one that accepts and hangs is 504; one that closes at once is 502; none of it stays open", async () => {
    const openBefore = parts.upstream.open;
    parts.upstream.on("/hangs", () => undefined);
    parts.upstream.on("/closes", (socket) => socket.end());
    parts.upstream.on("/resets", (socket) => socket.resetAndDestroy());
    for (const [path, status] of [
      ["/hangs", 504],
      ["/closes", 502],
      ["/resets", 502],
    ] as const) {
      const http = await RawHttp.open(lab.port);
      http.request([`GET ${path} HTTP/1.1`, `Host: ${parts.behindUpstream.host}`]);
      expect([path, (await within(30_000, path, http.response())).status]).toEqual([path, status]);
      http.close();
    }
    await until(() => expect(parts.upstream.open).toBeLessThanOrEqual(openBefore + 1));
  });
});
