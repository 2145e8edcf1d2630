import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { connect as connectTcp } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeCertificate } from "../fixtures/certificates.ts";
import { within } from "../fixtures/gate.ts";
import { until } from "../fixtures/until.ts";
import { bodyOf } from "../standins/upstream.ts";
import { tunnelLab } from "./lab.ts";

const certificate = await makeCertificate("*.localhost", "localhost");
const lab = await tunnelLab({
  env: { RELAY_TLS_PORT: "0", RELAY_TLS_CERT: certificate.cert, RELAY_TLS_KEY: certificate.key },
});
const sessions: ClientHttp2Session[] = [];
let plain: ClientHttp2Session;

/** A connection in HTTP/2: over TLS it is agreed on by ALPN, else the relay is told by the first bytes. */
function open(scheme: "http" | "https"): ClientHttp2Session {
  const name = lab.host.split(":")[0]!;
  const port = scheme === "https" ? lab.world.relay.tlsPort : lab.port;
  const session = connectHttp2(`${scheme}://127.0.0.1:${port}`, {
    servername: name,
    rejectUnauthorized: false,
    // The client library refuses streams of its own when more than this waits to be sent, MiB.
    maxSessionMemory: 200,
  });
  session.on("error", () => undefined);
  sessions.push(session);
  return session;
}

function start(session: ClientHttp2Session, fields: OutgoingHttpHeaders, body?: string): ClientHttp2Stream {
  const stream = session.request({ ":authority": lab.host, ...fields }, { endStream: body === undefined });
  stream.on("error", () => undefined);
  if (body !== undefined) stream.end(body);
  return stream;
}

interface Whole {
  head: IncomingHttpHeaders;
  body: Buffer;
  trailers: IncomingHttpHeaders;
  code: number;
}

/** Reads an answer to its end; `code` is that of the end of the stream. */
function whole(stream: ClientHttp2Stream): Promise<Whole> {
  return new Promise((resolve) => {
    const answer: Whole = { head: {}, body: Buffer.alloc(0), trailers: {}, code: 0 };
    const chunks: Buffer[] = [];
    stream.on("response", (head) => (answer.head = head));
    stream.on("trailers", (trailers) => (answer.trailers = trailers));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("close", () => resolve({ ...answer, body: Buffer.concat(chunks), code: stream.rstCode ?? 0 }));
  });
}

const ask = (session: ClientHttp2Session, fields: OutgoingHttpHeaders, body?: string) =>
  whole(start(session, fields, body));

async function counter(name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${lab.world.relay.adminPort}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)`, "m").exec(text)?.[1]);
}

beforeAll(() => {
  lab.upstream.on("/hello", (req, res) => {
    res.setHeader("set-cookie", ["a=1", "b=2"]);
    res.setHeader("content-length", 5);
    res.end(req.method === "HEAD" ? undefined : "hello");
  });
  plain = open("http");
});
afterAll(() => {
  for (const session of sessions) session.destroy();
});

describe.each(["http", "https"] as const)("a request in HTTP/2 over %s", (scheme) => {
  test("is forwarded as any other, with its fields, cookies and address; the answer keeps its length", async () => {
    const session = open(scheme);
    const answer = await ask(session, {
      ":path": "/hello?a=b",
      cookie: ["x=1", "y=2"],
      "x-twice": ["1", "2"],
      "x-forwarded-for": "203.0.113.9",
      te: "trailers",
    });
    expect(answer.head).toMatchObject({
      ":status": 200,
      "content-length": "5",
      "set-cookie": ["a=1", "b=2"],
    });
    expect(answer.head["transfer-encoding"]).toBeUndefined();
    expect(answer.body.toString()).toBe("hello");
    const seen = lab.upstream.seenAt("/hello").at(-1)!;
    expect(seen.target).toBe("/hello?a=b");
    expect(seen.fields.filter(([name]) => name === "x-twice").map(([, value]) => value)).toEqual(["1", "2"]);
    const fields = Object.fromEntries(seen.fields.map(([name, value]) => [name.toLowerCase(), value]));
    expect(fields).toMatchObject({ cookie: "x=1; y=2", "x-forwarded-proto": scheme });
    expect(fields["x-forwarded-for"]).toMatch(/^(127\.0\.0\.1|::1)$/);
    expect(fields.te).toBeUndefined();

    const head = await ask(session, { ":path": "/hello", ":method": "HEAD" });
    expect([head.head[":status"], head.head["content-length"], head.body.length]).toEqual([200, "5", 0]);
  });
});

test("trailers pass both ways, and a 103 and a 100 come before the answer", async () => {
  let told: Record<string, unknown> = {};
  lab.upstream.on("/trailers", (req, res) => {
    res.writeContinue();
    res.writeEarlyHints({ link: "</style.css>; rel=preload" });
    req.resume().on("end", () => {
      told = { ...req.trailers };
      res.writeHead(200, { trailer: "grpc-status" });
      res.write("part");
      res.addTrailers({ "grpc-status": "0" });
      res.end();
    });
  });
  const stream = plain.request(
    { ":authority": lab.host, ":path": "/trailers", ":method": "POST", expect: "100-continue" },
    { waitForTrailers: true },
  );
  const interim: unknown[] = [];
  stream.on("headers", (head: IncomingHttpHeaders) => interim.push(head[":status"]));
  stream.on("wantTrailers", () => stream.sendTrailers({ "x-checksum": "abc" }));
  const answer = whole(stream);
  stream.end("body");
  expect(await answer).toMatchObject({ head: { ":status": 200 }, trailers: { "grpc-status": "0" }, code: 0 });
  expect((await answer).body.toString()).toBe("part");
  expect(told).toEqual({ "x-checksum": "abc" });
  expect(interim).toEqual(expect.arrayContaining([100, 103]));
});

test("large bodies arrive whole in both directions, on many streams at once", async () => {
  const body = randomBytes(4_000_000);
  lab.upstream.on("/echo", (req, res) => void req.pipe(res));
  const hash = createHash("sha256").update(body).digest("hex");
  const streams = Array.from({ length: 8 }, async (_, i) => {
    const length = i % 2 === 0 ? { "content-length": String(body.length) } : {};
    const stream = plain.request({ ":authority": lab.host, ":path": "/echo", ":method": "POST", ...length });
    const answer = whole(stream);
    stream.end(body);
    return createHash("sha256")
      .update((await answer).body)
      .digest("hex");
  });
  expect(await Promise.all(streams)).toEqual(streams.map(() => hash));
});

test("events come as they are sent; a cancelled stream is cancelled upstream, and its neighbours go on", async () => {
  lab.upstream.on("/events", (req, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write("data: one\n\n");
    req.resume();
  });
  const stream = start(plain, { ":path": "/events" });
  const [first] = (await once(stream, "data")) as [Buffer];
  expect(first.toString()).toBe("data: one\n\n");
  stream.close(constants.NGHTTP2_CANCEL);
  await lab.upstream.seenAt("/events")[0]!.aborted;
  expect((await ask(plain, { ":path": "/hello" })).head[":status"]).toBe(200);
});

/** An upload that goes on until it is told to end: no machine is so slow that its buffers take the whole of it. */
function endlessUpload(session: ClientHttp2Session, path: string) {
  const stream = session.request({ ":authority": lab.host, ":path": path, ":method": "POST" });
  const answer = whole(stream);
  const chunk = Buffer.alloc(65_536);
  let ending = false;
  const upload = {
    answer,
    /** Bytes that were taken from it. */
    sent: 0,
    end() {
      ending = true;
    },
    /** Until nothing of it moves: windows of stream and link, and sockets, are full. */
    async standsStill(): Promise<void> {
      const looks: number[] = [];
      await until(
        () => {
          looks.push(upload.sent);
          expect(looks.slice(-5)).toEqual(Array(5).fill(upload.sent));
          // At first nothing moves either. This much is what the protocol lets all streams together have at first.
          expect(upload.sent).toBeGreaterThan(65_535);
        },
        30_000,
        100,
      );
    },
  };
  const write = () => {
    if (ending) return void stream.end();
    stream.write(chunk, (error) => {
      if (error) return;
      upload.sent += chunk.length;
      write();
    });
  };
  write();
  return upload;
}

/** Scripts an upstream that takes nothing of a request before it is told to, then answers how much it was. */
function takesNothing(path: string): () => void {
  let read = () => {};
  lab.upstream.on(path, (req, res) => {
    let bytes = 0;
    req.on("data", (chunk: Buffer) => (bytes += chunk.length));
    req.pause();
    req.on("end", () => res.end(String(bytes)));
    read = () => req.resume();
  });
  return () => read();
}

test("an upload that the upstream does not read stops at the windows, and goes on when it does", async () => {
  const read = takesNothing("/slow-read");
  const upload = endlessUpload(plain, "/slow-read");
  await upload.standsStill();
  // Another stream of the same connection is not held back by it.
  expect((await ask(plain, { ":path": "/hello" })).head[":status"]).toBe(200);
  const before = upload.sent;
  read();
  await until(() => expect(upload.sent).toBeGreaterThan(before), 30_000);
  upload.end();
  const answer = await upload.answer;
  expect(answer.body.toString()).toBe(String(upload.sent));
});

test("an upload that stands still holds up no other upload of its connection", async () => {
  const read = takesNothing("/stands");
  lab.upstream.on("/counts", async (req, res) => res.end(String((await bodyOf(req)).length)));
  const session = open("http");
  expect((await ask(session, { ":path": "/hello" })).head[":status"]).toBe(200);
  // What the client may send on all streams together.
  expect(session.state.remoteWindowSize).toBe(983_040);
  const standing = endlessUpload(session, "/stands");
  await standing.standsStill();
  const other = ask(session, { ":path": "/counts", ":method": "POST" }, "x".repeat(1_000_000));
  expect((await within(30_000, "the other upload", other)).body.toString()).toBe("1000000");
  read();
  standing.end();
  const answer = await standing.answer;
  expect(answer.body.toString()).toBe(String(standing.sent));
});

test("an answer before the end of the upload ends the stream without an error", async () => {
  lab.upstream.on("/early", (_req, res) => void res.writeHead(413, { connection: "close" }).end("too much"));
  const stream = plain.request({ ":authority": lab.host, ":path": "/early", ":method": "POST" });
  stream.on("error", () => undefined);
  const answer = whole(stream);
  stream.write(Buffer.alloc(1_000));
  expect(await answer).toMatchObject({ head: { ":status": 413 }, body: Buffer.from("too much"), code: 0 });
});

test("an answer that is cut off upstream ends its stream with an error, not as if it were whole", async () => {
  lab.upstream.on("/cut", (_req, res) => {
    res.writeHead(200);
    res.write("part", () => res.destroy());
  });
  const answer = await ask(plain, { ":path": "/cut" });
  expect([answer.body.toString(), answer.code]).toEqual(["part", constants.NGHTTP2_INTERNAL_ERROR]);
});

test("what could be read in two ways reaches no upstream", async () => {
  lab.upstream.on("/never", (_req, res) => res.end());
  const bad: OutgoingHttpHeaders[] = [
    { host: lab.otherHost },
    { ":path": "/never HTTP/1.1\r\nx: y" },
    { ":method": "POST", "content-length": "2" },
    { "x-a": "line\r\ninjected: yes" },
  ];
  for (const fields of bad) {
    const session = open("http");
    const sent: OutgoingHttpHeaders = { ":path": "/never", ...fields };
    // What the client library refuses to send does not get there either.
    const code = await Promise.resolve()
      .then(() => ask(session, sent, sent[":method"] === "POST" ? "longer" : undefined))
      .then(
        (answer) => answer.head[":status"] ?? answer.code,
        () => "not sent",
      );
    expect([400, constants.NGHTTP2_PROTOCOL_ERROR, constants.NGHTTP2_INTERNAL_ERROR, "not sent"]).toContain(
      code,
    );
  }
  expect(lab.upstream.seenAt("/never").filter(({ fields }) => fields.some(([, v]) => v === "yes"))).toEqual(
    [],
  );
  expect((await ask(plain, { ":path": "/x", ":authority": "no_such_host!" })).head[":status"]).toBe(400);
});

test("a client that opens and cancels without end is cut off, and counted; others are served", async () => {
  lab.upstream.on("/never-ends", () => undefined);
  const before = await counter("hotspot_edge_h2_reset_floods");
  const session = open("http");
  const closed = new Promise((resolve) => session.once("close", resolve));
  const flood = setInterval(() => {
    for (let i = 0; i < 50 && !session.destroyed && !session.closed; i++) {
      start(session, { ":path": "/never-ends" }).close(constants.NGHTTP2_CANCEL);
    }
  }, 5);
  await closed;
  clearInterval(flood);
  expect(await counter("hotspot_edge_h2_reset_floods")).toBe(before + 1);
  expect((await ask(plain, { ":path": "/hello" })).head[":status"]).toBe(200);
});

test("a flood of pings, and a head without an end, close the connection and are counted", async () => {
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "latin1");
  const frame = (type: number, flags: number, stream: number, payload: Buffer) => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    head.writeUInt32BE(stream, 5);
    return Buffer.concat([head, payload]);
  };
  const floods = {
    h2_control_floods: Array.from({ length: 1_500 }, () => frame(6, 0, 0, Buffer.alloc(8))),
    h2_header_floods: [
      frame(1, 0, 1, Buffer.from([0x82])),
      ...Array.from({ length: 20 }, () => frame(9, 0, 1, Buffer.alloc(0))),
    ],
  };
  for (const [name, frames] of Object.entries(floods)) {
    const before = await counter(`hotspot_edge_${name}`);
    const socket = connectTcp(lab.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.resume();
    socket.write(Buffer.concat([preface, ...frames]));
    await new Promise((resolve) => socket.once("close", resolve));
    expect([name, await counter(`hotspot_edge_${name}`)]).toEqual([name, before + 1]);
  }
});

test("a relay that drains says GOAWAY and lets running streams finish", async () => {
  let finish = () => {};
  lab.upstream.on("/long", (_req, res) => {
    res.writeHead(200);
    res.write("begin ");
    finish = () => void res.end("end");
  });
  const session = open("https");
  const stream = start(session, { ":path": "/long" });
  const answer = whole(stream);
  await once(stream, "data");
  const goaway = once(session, "goaway");
  lab.world.relay.process.kill("SIGTERM");
  const [code, lastStreamId] = await goaway;
  expect([code, lastStreamId]).toEqual([constants.NGHTTP2_NO_ERROR, stream.id]);
  finish();
  expect((await answer).code).toBe(0);
  expect((await answer).body.toString()).toBe("begin end");
  expect(await lab.world.relay.process.exited).toBe(0);
});
