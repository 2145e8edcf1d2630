import { describe, expect, test } from "vitest";
import { within } from "../../fixtures/gate.ts";
import { processMemory } from "../../fixtures/process-memory.ts";
import { RawHttp } from "../../fixtures/raw-http.ts";
import { bodyOf } from "../../standins/upstream.ts";
import type { Lab } from "../../tunnel/lab.ts";

/** Requests that are legal and expensive on purpose. What they cost others is measured by `npm run chaos -- abuse`. */
export function floods(lab: Lab): void {
  describe("floods", () => {
    test("100,000 chunks of a byte arrive as the body they are", async () => {
      lab.upstream.on("/tiny-chunks", async (req, res) => res.end(String((await bodyOf(req)).length)));
      const http = await RawHttp.open(lab.port);
      http.request(["POST /tiny-chunks HTTP/1.1", `Host: ${lab.host}`, "Transfer-Encoding: chunked"]);
      const block = "1\r\nx\r\n".repeat(10_000);
      for (let n = 0; n < 10; n++) http.send(block);
      http.send("0\r\n\r\n");
      expect((await within(30_000, "answer", http.response())).body.toString()).toBe("100000");
      http.close();
    });

    test("a head of single bytes is read once, and the request behind it as well", async () => {
      lab.upstream.on("/bytewise", (_req, res) => res.end("read"));
      const http = await RawHttp.open(lab.port);
      for (const byte of `GET /bytewise HTTP/1.1\r\nHost: ${lab.host}\r\nX-A: ${"a".repeat(500)}\r\n\r\n`) {
        http.send(byte);
        await new Promise(setImmediate);
      }
      expect((await within(30_000, "answer", http.response())).body.toString()).toBe("read");
      http.close();
    });

    test("200 unfinished heads of 30 KB, and heads and targets over the bound: memory by the bytes sent, others served", async () => {
      const before = processMemory(lab.world.relay.process.pid).residentBytes;
      const bombs = await Promise.all(
        Array.from({ length: 200 }, async () => {
          const http = await RawHttp.open(lab.port);
          http.send(`GET / HTTP/1.1\r\nHost: ${lab.host}\r\nX: ${"b".repeat(30_000)}`);
          return http;
        }),
      );
      const over = await RawHttp.open(lab.port);
      over.send(`GET / HTTP/1.1\r\nX: ${"b".repeat(60_000)}`);
      expect((await within(30_000, "431", over.response())).status).toBe(431);
      const long = await RawHttp.open(lab.port);
      long.send(`GET /${"b".repeat(16_500)} HTTP/1.1\r\nHost: ${lab.host}\r\n\r\n`);
      expect((await within(30_000, "414", long.response())).status).toBe(414);
      lab.otherUpstream.on("/beside", (_req, res) => res.end("beside"));
      const beside = await RawHttp.open(lab.port);
      beside.request(["GET /beside HTTP/1.1", `Host: ${lab.otherHost}`]);
      expect((await beside.response()).body.toString()).toBe("beside");
      const grown = processMemory(lab.world.relay.process.pid).residentBytes - before;
      // 200 times 32 KiB, and what the collector has not looked at yet.
      expect(grown).toBeLessThan(40 * 1024 * 1024);
      for (const http of [...bombs, over, long, beside]) http.close();
    });
  });
}
