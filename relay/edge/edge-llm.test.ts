import { describe, expect, test, vi } from "vitest";
import { LINK_LOST } from "../routes/tunnel.ts";
import { FakeTunnel } from "./testing/fake-tunnel.ts";
import { acme, createTestEdge, request, settle } from "./testing/test-edge.ts";

const CHAT = "/v1/chat/completions";
const SSE = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
const asked = '"stream_options":{"include_usage":true}';
const body = '{"model":"m","stream":true,"messages":[{"role":"user","content":"12345678"}]}';
const askedBody = `{${asked},${body.slice(1)}`;
const event = (value: object | string) =>
  `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;
const text = (content: string) => event({ model: "m", choices: [{ index: 0, delta: { content } }] });
const usage = event({ model: "m", choices: [], usage: { prompt_tokens: 9, completion_tokens: 2 } });
const done = event("[DONE]");

function post(path: string, content: string, ...fields: string[]): string {
  return `${request("POST", path, `Content-Length: ${Buffer.byteLength(content)}`, ...fields)}${content}`;
}
/** The body of the answer that a client got, without its chunk framing. */
function bodyOf(received: string): string {
  let rest = received.slice(received.lastIndexOf("HTTP/1.1 "));
  rest = rest.slice(rest.indexOf("\r\n\r\n") + 4);
  let out = "";
  for (;;) {
    const line = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.slice(0, line), 16);
    if (!(size > 0)) return out;
    out += rest.slice(line + 2, line + 2 + size);
    rest = rest.slice(line + 4 + size);
  }
}

describe("usage is asked for", () => {
  test("and its event is taken out again; everything else is as it was", () => {
    const { connect, tunnel, records } = createTestEdge();
    const client = connect();
    client.send(post(CHAT, body, "Accept-Encoding: gzip, br", "X-A: 1"));
    const { last } = tunnel;
    expect(last.body).toBe(askedBody);
    expect(last.head).toContain(`\r\nContent-Length: ${askedBody.length}\r\n`);
    expect(last.head.match(/content-length/gi)).toHaveLength(1);
    expect(last.head.match(/accept-encoding.*/gi)).toEqual(["Accept-Encoding: identity"]);
    expect(last.head).toContain("X-A: 1\r\n");
    expect(last.ended).toBe(true);
    last.respond(SSE, text("Hi") + text(" you"), { open: true });
    expect(bodyOf(client.received)).toBe("");
    last.data(usage + done, true);
    expect(bodyOf(client.received)).toBe(text("Hi") + text(" you") + done);
    expect(client.received.endsWith("0\r\n\r\n")).toBe(true);
    expect(records[0]).toMatchObject({
      bytesIn: body.length,
      bytesOut: (text("Hi") + text(" you") + done).length,
      usage: { inputTokens: 9, outputTokens: 2, source: "provider", status: "complete", model: "m" },
    });
  });

  test("in any pieces of the answer, and the connection serves on", () => {
    const { connect, tunnel, records } = createTestEdge();
    const stream = text("Hi") + usage + done;
    const client = connect();
    for (let cut = 1; cut < stream.length; cut += 5) {
      client.received = "";
      client.send(post(CHAT, body));
      tunnel.last.respond(SSE, stream.slice(0, cut), { open: true });
      tunnel.last.data(stream.slice(cut));
      tunnel.last.data("", true);
      expect(bodyOf(client.received)).toBe(text("Hi") + done);
    }
    expect(records.every((record) => record.usage?.outputTokens === 2)).toBe(true);
  });

  test("with a Content-Length that no longer holds, the answer is chunked", () => {
    const { connect, tunnel } = createTestEdge();
    const client = connect();
    client.send(post(CHAT, body));
    const stream = text("Hi") + usage + done;
    const head = `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ${stream.length}\r\n\r\n`;
    tunnel.last.respond(head, stream);
    expect(client.received).not.toMatch(/content-length/i);
    expect(bodyOf(client.received)).toBe(text("Hi") + done);
  });

  test("of a chunked request, whose framing and trailers stay", () => {
    const { connect, tunnel } = createTestEdge();
    const client = connect();
    const half = body.length >> 1;
    client.send(request("POST", CHAT, "Transfer-Encoding: chunked"));
    client.send(`${half.toString(16)}\r\n${body.slice(0, half)}\r\n`);
    expect(tunnel.streams).toHaveLength(0);
    client.send(`${(body.length - half).toString(16)}\r\n${body.slice(half)}\r\n0\r\nX-T: 1\r\n\r\n`);
    expect(tunnel.last).toMatchObject({ body: askedBody, ended: true, trailers: "X-T: 1\r\n" });
    expect(tunnel.last.head).toContain("Transfer-Encoding: chunked\r\n");
    expect(tunnel.last.head).not.toMatch(/content-length/i);
  });

  test("of a client that waits for 100 Continue: we tell it to go on", () => {
    const { connect, tunnel } = createTestEdge();
    const client = connect();
    client.send(request("POST", CHAT, `Content-Length: ${body.length}`, "Expect: 100-continue"));
    expect(client.received).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    client.send(body);
    expect(tunnel.last.body).toBe(askedBody);
    expect(tunnel.last.head).not.toMatch(/expect/i);
    tunnel.last.respond(SSE, text("Hi") + usage + done);
    expect(bodyOf(client.received)).toBe(text("Hi") + done);
  });

  test("of an HTTP/1.0 client, which reads to the end of the connection", () => {
    const { connect, tunnel } = createTestEdge();
    const client = connect();
    client.send(
      `POST ${CHAT} HTTP/1.0\r\nHost: acme.localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(tunnel.last.body).toBe(askedBody);
    tunnel.last.respond(SSE, text("Hi") + usage + done);
    expect(client.received.split("\r\n\r\n")[1]).toBe(text("Hi") + done);
    expect(client.ended).toBe(true);
  });

  test("and the body is sent again as it was changed when the first connector refuses it", () => {
    const { connect, tunnel, tunnels, edge } = createTestEdge();
    const second = new FakeTunnel("con_2");
    const client = connect();
    client.send(post(CHAT, body));
    tunnel.accepting = false;
    tunnels.push(second);
    tunnel.last.events.onReset(5, "refused");
    expect(second.last).toMatchObject({ body: askedBody, ended: true, head: tunnel.last.head });
    expect(edge.stats.retries).toBe(1);
    second.last.respond(SSE, text("Hi") + usage + done);
    expect(bodyOf(client.received)).toBe(text("Hi") + done);
  });

  test("over a narrow stream: the changed body waits for room, what comes after it for its turn", () => {
    const { connect, tunnel } = createTestEdge();
    tunnel.window = 10;
    const client = connect();
    client.send(post(CHAT, body) + request("GET", "/next"));
    expect(tunnel.last.body).toBe(askedBody.slice(0, 10));
    tunnel.last.widen(1_000);
    expect(tunnel.last).toMatchObject({ body: askedBody, ended: true });
    const first = tunnel.last;
    first.respond(SSE, text("Hi") + usage + done);
    expect(tunnel.last.head).toMatch(/^GET \/next /);
  });
});

describe("usage is not asked for", () => {
  test.each([
    ["the client asked itself", `{"stream":true,${asked}}`, CHAT],
    ["no stream", '{"stream":false}', CHAT],
    ["no JSON", "stream=true", CHAT],
    ["another interface", body, "/v1/messages"],
    ["no model at all", body, "/upload"],
  ])("when %s: body and answer pass as they are", (_, content, path) => {
    const { connect, tunnel } = createTestEdge();
    const client = connect();
    client.send(post(path, content, "Accept-Encoding: gzip"));
    expect(tunnel.last).toMatchObject({ body: content, ended: true });
    expect(tunnel.last.head).toContain("Accept-Encoding: gzip\r\n");
    tunnel.last.respond(SSE, text("Hi") + usage + done);
    expect(bodyOf(client.received)).toBe(text("Hi") + usage + done);
  });

  test("in mode read; in mode off nothing is counted", () => {
    for (const usageMode of ["read", "off"] as const) {
      const { connect, tunnel, records } = createTestEdge({ routes: { acme: { ...acme, usageMode } } });
      connect().send(post(CHAT, body));
      expect(tunnel.last.body).toBe(body);
      tunnel.last.respond(SSE, text("Hi") + usage + done);
      expect(records[0].usage?.outputTokens).toBe(usageMode === "read" ? 2 : undefined);
    }
  });

  test("when the body is too large, or comes too slowly: it passes as it comes", () => {
    vi.useFakeTimers();
    try {
      const limits = { ...acme.limits, maxBodyBytes: 1e8 };
      const { connect, tunnel, records } = createTestEdge({ routes: { acme: { ...acme, limits } } });
      const large = `{"stream":true,"x":"${"y".repeat(1_100_000)}"}`;
      connect().send(post(CHAT, large));
      expect(tunnel.last.body).toBe(large);
      const chunked = connect();
      chunked.send(request("POST", CHAT, "Transfer-Encoding: chunked"));
      for (let at = 0; at < large.length; at += 50_000) {
        const piece = large.slice(at, at + 50_000);
        chunked.send(`${piece.length.toString(16)}\r\n${piece}\r\n`);
      }
      chunked.send("0\r\n\r\n");
      expect(tunnel.last).toMatchObject({ body: large, ended: true });
      const slow = connect();
      slow.send(`${request("POST", CHAT, `Content-Length: ${body.length}`)}${body.slice(0, 9)}`);
      expect(tunnel.streams).toHaveLength(2);
      vi.advanceTimersByTime(1_000);
      expect(tunnel.last).toMatchObject({ body: body.slice(0, 9), ended: false });
      slow.send(body.slice(9));
      expect(tunnel.last).toMatchObject({ body, ended: true });
      tunnel.last.respond(SSE, text("Hi"));
      expect(records[0].usage).toMatchObject({
        model: "m",
        inputTokens: 6,
        outputTokens: 1,
        source: "estimated",
      });
      const gone = connect();
      gone.send(`${request("POST", CHAT, `Content-Length: ${body.length}`)}{`);
      gone.disconnect();
      vi.advanceTimersByTime(5_000);
      expect([tunnel.streams.length, vi.getTimerCount()]).toEqual([3, 0]);
      expect(records[1]).toMatchObject({ status: 499, usage: { source: "none", outputTokens: 0 } });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("an upstream that refuses to be asked", () => {
  const refusal = '{"error":{"message":"Unrecognized request argument: stream_options"}}';
  const refused = (status: number) =>
    `HTTP/1.1 ${status} No\r\nContent-Type: application/json\r\nContent-Length: ${refusal.length}\r\n\r\n`;

  test.each([400, 422])("with %i is asked again without, and not any more for an hour", (status) => {
    const { connect, tunnel, records, clock } = createTestEdge();
    const client = connect();
    client.send(post(CHAT, body, "Accept-Encoding: gzip"));
    const first = tunnel.last;
    first.respond(refused(status), refusal.slice(0, 20), { open: true });
    first.data(refusal.slice(20), true);
    expect(client.received).toBe("");
    expect(tunnel.last).not.toBe(first);
    expect(tunnel.last).toMatchObject({ body, ended: true });
    expect(tunnel.last.head).toContain("Accept-Encoding: gzip\r\n");
    tunnel.last.respond(SSE, text("Hi") + done);
    expect(bodyOf(client.received)).toBe(text("Hi") + done);
    expect(records).toMatchObject([{ status: 200, usage: { outputTokens: 1, source: "estimated" } }]);
    client.send(post(CHAT, body));
    expect(tunnel.last.body).toBe(body);
    tunnel.last.respond(SSE, done);
    clock.now += 3_600_000;
    client.send(post(CHAT, body));
    expect(tunnel.last.body).toBe(askedBody);
  });

  test("for another reason: the client gets that answer, whole", () => {
    const { connect, tunnel, edge } = createTestEdge();
    const client = connect();
    client.send(post(CHAT, body));
    const why = '{"error":"model not found"}';
    tunnel.last.respond(`HTTP/1.1 400 Bad\r\nContent-Length: ${why.length}\r\n\r\n`, why);
    expect(client.received).toMatch(/^HTTP\/1\.1 400 Bad\r\n/);
    expect(client.received.endsWith(`\r\n\r\n${why}`)).toBe(true);
    expect([tunnel.streams.length, edge.stats.usageRefused]).toEqual([1, 0]);
    client.send(post(CHAT, body));
    tunnel.last.respond("HTTP/1.1 400 Bad\r\nContent-Length: 200000\r\n\r\n", "x".repeat(65_536), {
      open: true,
    });
    expect(client.received).not.toContain("xxx");
    tunnel.last.data("x".repeat(134_464), true);
    expect(client.received.endsWith("x".repeat(200_000))).toBe(true);
  });

  test("and goes away in the middle of saying so: the client's connection is cut", () => {
    const { connect, tunnel, records } = createTestEdge();
    const client = connect();
    client.send(post(CHAT, body));
    tunnel.last.respond(refused(400), refusal.slice(0, 9), { open: true });
    tunnel.last.events.onReset(LINK_LOST, "lost");
    expect(client.terminated).toBe(true);
    expect(records).toMatchObject([{ status: 400, errorCode: "link_lost", usage: { status: "error" } }]);
  });
});

describe("an answer that ends early is settled", () => {
  test("when the client goes away", () => {
    const { connect, tunnel, records } = createTestEdge();
    const client = connect();
    client.send(post(CHAT, body));
    tunnel.last.respond(SSE, text("a") + text("b") + text("c"), { open: true });
    client.disconnect();
    expect(records[0]).toMatchObject({ clientAborted: true, usage: { outputTokens: 3, status: "partial" } });
  });

  test("when the link or the upstream is lost", () => {
    const { connect, tunnel, records } = createTestEdge();
    connect().send(post(CHAT, body));
    tunnel.last.respond(SSE, `${text("a") + text("b")}data: {"cho`, { open: true });
    tunnel.last.events.onReset(LINK_LOST, "lost");
    expect(records[0]).toMatchObject({
      errorCode: "link_lost",
      usage: { outputTokens: 2, status: "partial" },
    });
  });

  test("when none comes: our error costs nothing", async () => {
    const { connect, tunnels, waiting, records } = createTestEdge();
    tunnels.length = 0;
    connect().send(post(CHAT, body));
    waiting[0](false);
    await settle();
    expect(records[0]).toMatchObject({
      status: 502,
      usage: { inputTokens: 0, outputTokens: 0, source: "none", status: "error" },
    });
  });
});

describe("a running answer is stopped", () => {
  const live = (limit: number) => {
    const seen = { tokens: 0, request: null as unknown };
    const lab = createTestEdge({
      deps: {
        budgets: {
          admit: () => null,
          watch: (request, tokens) => {
            seen.request = request;
            tokens.onTokens = (delta) => {
              seen.tokens += delta;
              if (seen.tokens >= limit) tokens.stop();
            };
          },
        },
      },
    });
    return { ...lab, seen };
  };
  const bare = '{"stream":true}';

  test("after the event that used the last token up, with a final one", () => {
    const { connect, tunnel, records, seen } = live(3);
    const client = connect();
    client.send(post(CHAT, bare));
    const { last } = tunnel;
    last.respond(SSE, text("a") + text("b"), { open: true });
    last.data(text("c"));
    expect(last.resetCode).not.toBeNull();
    const answer = bodyOf(client.received);
    expect(answer.startsWith(text("a") + text("b") + text("c"))).toBe(true);
    expect(answer).toMatch(/"finish_reason":"length"\}\]\}\n\ndata: \[DONE\]\n\n$/);
    expect(client.received.endsWith("0\r\n\r\n")).toBe(true);
    expect(records).toMatchObject([{ status: 200, usage: { outputTokens: 3, status: "partial" } }]);
    expect(seen).toMatchObject({ tokens: 3, request: { tenantId: "tenant_a", endpointId: "ep_acme" } });
    client.send(request("GET", "/next"));
    expect(tunnel.last.head).toMatch(/^GET \/next /);
  });

  test("not in the middle of an event: its rest passes first", () => {
    const { connect, tunnel, records } = live(2);
    const client = connect();
    client.send(post("/v1/messages", "{}"));
    const delta = (content: string) => event({ type: "content_block_delta", delta: { text: content } });
    const next = delta("c");
    tunnel.last.respond(SSE, delta("a") + delta("b") + next.slice(0, 9), { open: true });
    expect(client.received).not.toContain("message_stop");
    tunnel.last.data(next.slice(9) + delta("d"));
    expect(bodyOf(client.received)).toContain(`${delta("b")}${next}event: message_delta\n`);
    expect(bodyOf(client.received)).not.toContain('"d"');
    expect(records[0].usage).toMatchObject({ outputTokens: 3, status: "partial" });
  });

  test("by a cut where no event can follow", () => {
    const { connect, tunnel, records } = live(1);
    const client = connect();
    client.send(post("/api/chat", "{}"));
    tunnel.last.respond("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", '{"message":{"content":"a"}}\n', {
      open: true,
    });
    expect(client.terminated).toBe(true);
    expect(records).toMatchObject([{ usage: { outputTokens: 1, status: "partial" } }]);
  });
});

test("an answer of a known length is counted before its last byte is written, and by parts while it runs", () => {
  const { connect, tunnel, records, parts, pass } = createTestEdge();
  const client = connect();
  client.send(post("/v1/embeddings", '{"input":"x"}'));
  const answer = '{"data":[],"usage":{"prompt_tokens":4}}';
  tunnel.last.respond(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${answer.length}\r\n\r\n`,
    answer,
    { open: true },
  );
  expect(records[0].usage).toMatchObject({ inputTokens: 4, source: "provider", status: "complete" });
  client.send(post(CHAT, body));
  tunnel.last.respond(SSE, text("long enough") + text(" to be sure"), { open: true });
  pass(10_000);
  expect(parts[0].usage).toMatchObject({ inputTokens: 0, outputTokens: 2, status: "partial" });
  tunnel.last.data(usage + done, true);
  expect(records[1].usage).toMatchObject({ inputTokens: 9, outputTokens: 2, status: "complete" });
});

test("what is no request to a model has no usage", () => {
  const { connect, tunnel, records } = createTestEdge();
  const client = connect();
  client.send(request("GET", CHAT));
  tunnel.last.respond(SSE, text("a"));
  client.send(post("/v1/files", body));
  tunnel.last.respond(SSE, text("a"));
  expect(records.map((record) => record.usage)).toEqual([null, null]);
});
