import { describe, expect, test } from "vitest";
import { refusedChunks, refusedRequests } from "../../../relay/protocol/http1/smuggling-corpus.ts";
import { within } from "../../fixtures/gate.ts";
import { RawHttp } from "../../fixtures/raw-http.ts";
import { bodyOf } from "../../standins/upstream.ts";
import type { Lab } from "../../tunnel/lab.ts";

/** The whole corpus against the real relay, each case with a request behind it that must never be one. */
export function smuggling(lab: Lab): void {
  /** The corpus speaks of acme.localhost. */
  const toTenant = (message: string) => message.replaceAll("acme.localhost", `${lab.tenant.slug}.localhost`);
  const behind = () => `GET /smuggled HTTP/1.1\r\nHost: ${lab.host}\r\n\r\n`;

  describe("smuggling", () => {
    test.each([
      ["in one piece", false],
      ["with the head cut in two", true],
    ])(
      "every request of the corpus, %s: one refusal, a close, and no upstream hears anything",
      async (_, cut) => {
        const before = [lab.upstream.seen.length, lab.otherUpstream.seen.length];
        for (const { name, message, status = 400 } of refusedRequests) {
          const http = await RawHttp.open(lab.port);
          const bytes = Buffer.from(toTenant(message) + behind(), "latin1");
          if (cut) {
            http.send(bytes.subarray(0, 9));
            await new Promise(setImmediate);
          }
          http.send(cut ? bytes.subarray(9) : bytes);
          await within(30_000, name, http.closed());
          const seen = (await http.rest()).toString("latin1");
          http.close();
          // It is HTTP/2 from here on; what comes behind it is no frame of that.
          if (name === "HTTP/2 preface") {
            expect(seen).not.toContain("HTTP/1.1");
            continue;
          }
          expect([name, seen.slice(0, 12), seen.match(/HTTP\/1\.1 \d/g)?.length]).toEqual([
            name,
            `HTTP/1.1 ${status}`,
            1,
          ]);
          http.close();
        }
        expect([lab.upstream.seen.length, lab.otherUpstream.seen.length]).toEqual(before);
      },
    );

    test("every chunked body of the corpus: the upload is cut at the upstream, and nothing behind it becomes a request", async () => {
      const completed: string[] = [];
      lab.upstream.on("/chunks", (req, res) =>
        bodyOf(req).then(
          () => {
            completed.push(String(req.headers["x-case"]));
            res.end();
          },
          () => undefined,
        ),
      );
      for (const { name, message } of refusedChunks) {
        const http = await RawHttp.open(lab.port);
        http.request(
          [
            "POST /chunks HTTP/1.1",
            `Host: ${lab.host}`,
            "Transfer-Encoding: chunked",
            `X-Case: ${name.replaceAll(/[^a-zA-Z ]/g, "")}`,
          ],
          Buffer.from(message + behind(), "latin1"),
        );
        await within(30_000, name, http.closed());
        const seen = (await http.rest()).toString("latin1");
        expect([name, seen.slice(0, 12), seen.match(/HTTP\/1\.1 \d/g)?.length]).toEqual([
          name,
          "HTTP/1.1 400",
          1,
        ]);
        http.close();
      }
      expect(completed).toEqual([]);
      expect(lab.upstream.seenAt("/smuggled")).toEqual([]);
    });

    test("an early answer to an upload: what was pipelined behind it is no request of anybody", async () => {
      lab.upstream.on("/early", (_req, res) => res.writeHead(413, { "content-length": 0 }).end());
      const http = await RawHttp.open(lab.port);
      http.request(["POST /early HTTP/1.1", `Host: ${lab.host}`, "Content-Length: 100000"], "part of a body");
      expect((await within(30_000, "early answer", http.response())).status).toBe(413);
      http.send(`${"x".repeat(1_000)}\r\n\r\n${behind()}`);
      await within(30_000, "close", http.closed());
      expect((await http.rest()).toString()).not.toContain("HTTP/1.1");
      http.close();
      expect(lab.upstream.seenAt("/smuggled")).toEqual([]);
    });
  });
}
