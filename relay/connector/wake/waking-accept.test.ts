import { expect, test, vi } from "vitest";
import { ResetCode } from "../../protocol/codes.ts";
import type { AcceptedStreamEvents } from "../../protocol/stream.ts";
import { BodyFraming } from "../../protocol/stream.ts";
import { bytes, text } from "../../protocol/testing/recorder.ts";
import { type Client, startLink } from "../testing/link.ts";
import type { AcceptStream } from "./held-stream.ts";
import { WakingAccept } from "./waking-accept.ts";

/** An upstream whose start is ended by hand, and which answers every request with its body. */
function sleeper(holdMs?: number) {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const waker = {
    awake: false,
    asked: 0,
    wake() {
      waker.asked++;
      return promise;
    },
  };
  const seen: string[] = [];
  const resets: number[] = [];
  const accept: AcceptStream = (stream, _kind, _framing, head, end): AcceptedStreamEvents => {
    seen.push(text(head).split("\r\n")[0] ?? "");
    let body = "";
    const reply = () => {
      stream.head(bytes("HTTP/1.1 200 OK\r\n\r\n"), false);
      stream.write(bytes(body));
      stream.end();
    };
    if (end) reply();
    return {
      onData(chunk, last) {
        body += text(chunk);
        if (last) reply();
      },
      onTrailers: () => reply(),
      onReset: (code) => resets.push(code),
      onWritable: () => undefined,
    };
  };
  const waiting = new WakingAccept(waker, accept, holdMs);
  const started = (fault: string | null) => {
    waker.awake = fault === null;
    resolve(fault);
  };
  return { waker, waiting, seen, resets, started };
}

const settled = (client: Client) => vi.waitFor(() => expect(client.ended || client.reset).toBeTruthy());

test("requests wait for the start, and are sent on with what came of their bodies", async () => {
  const { waiting, seen, started } = sleeper();
  const link = await startLink({ accept: waiting.take });
  const get = link.open("GET /a HTTP/1.1\nHost: a");
  const post = link.open("POST /b HTTP/1.1\nHost: a\nContent-Length: 5", {
    framing: BodyFraming.length,
    body: "hello",
  });
  const open = link.open("POST /c HTTP/1.1\nHost: a", { framing: BodyFraming.chunked });
  open.stream.write(bytes("half "));
  await vi.waitFor(() => expect(waiting.waiting).toBe(3));
  expect(seen).toEqual([]);
  started(null);
  await settled(get);
  await settled(post);
  open.stream.write(bytes("whole"));
  open.stream.end();
  await settled(open);
  expect(seen).toEqual(["GET /a HTTP/1.1", "POST /b HTTP/1.1", "POST /c HTTP/1.1"]);
  expect([get.body, post.body, open.body]).toEqual(["", "hello", "half whole"]);
  expect(waiting.waiting).toBe(0);
});

test("a request whose client goes away meanwhile never reaches the upstream", async () => {
  const { waiting, seen, started } = sleeper();
  const link = await startLink({ accept: waiting.take });
  const gone = link.open("POST /gone HTTP/1.1\nHost: a", { framing: BodyFraming.chunked });
  await vi.waitFor(() => expect(waiting.waiting).toBe(1));
  gone.stream.reset(ResetCode.cancel);
  // Behind the reset: once this one waits, the other has been heard to leave.
  const stays = link.open("GET /stays HTTP/1.1\nHost: a");
  await vi.waitFor(() => expect(waiting.waiting).toBe(2));
  started(null);
  await settled(stays);
  expect(seen).toEqual(["GET /stays HTTP/1.1"]);
});

test("a start that takes too long ends the waiting with WAKING, one that fails with UPSTREAM_UNREACHABLE", async () => {
  const slow = sleeper(20);
  const late = (await startLink({ accept: slow.waiting.take })).open("GET / HTTP/1.1\nHost: a");
  await settled(late);
  expect(late.reset?.code).toBe(ResetCode.waking);
  const broken = sleeper();
  const failed = (await startLink({ accept: broken.waiting.take })).open("GET / HTTP/1.1\nHost: a");
  await vi.waitFor(() => expect(broken.waiting.waiting).toBe(1));
  broken.started("no such file");
  await settled(failed);
  expect(failed.reset).toEqual({
    code: ResetCode.upstreamUnreachable,
    reason: "the upstream did not start",
  });
});
