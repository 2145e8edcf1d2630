import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { gate, within } from "../../fixtures/gate.ts";
import { fieldValues, RawHttp, rawRequest } from "../../fixtures/raw-http.ts";
import { expectOurError } from "../error-answer.ts";
import type { Lab } from "../lab.ts";

const badAnswers: [what: string, bytes: string][] = [
  ["no HTTP at all", "220 mail.example ESMTP\r\n"],
  ["of two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!"],
  [
    "of a length and chunks",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  [
    "a protocol switch that nobody asked for",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
  ],
  ["split by a bare line feed", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"],
];

/** Who goes away in the middle of an exchange is noticed at the other end, and nobody else is. */
export function aborts(lab: Lab): void {
  test("a client that goes away before the answer ends the request at the upstream", async () => {
    const arrived = gate();
    const gone = gate();
    lab.upstream.on("/client-gone", (_req, res) => {
      res.on("close", () => gone.open());
      arrived.open();
    });
    const http = await RawHttp.open(lab.port);
    http.request(["GET /client-gone HTTP/1.1", `Host: ${lab.host}`]);
    await within(30_000, "request at the upstream", arrived.opened);
    http.close();
    await within(30_000, "end at the upstream", gone.opened);
  });

  test("a client that goes away in mid-upload cuts the upload at the upstream, never completes it", async () => {
    const firstBytes = gate();
    const outcome = gate<string>();
    lab.upstream.on("/upload-cut", (req) => {
      req.on("data", () => firstBytes.open());
      req.on("end", () => outcome.open("complete"));
      req.on("error", () => outcome.open("cut"));
    });
    const http = await RawHttp.open(lab.port);
    http.request(
      ["POST /upload-cut HTTP/1.1", `Host: ${lab.host}`, "Transfer-Encoding: chunked"],
      "5\r\nhello\r\n",
    );
    await within(30_000, "first bytes at the upstream", firstBytes.opened);
    http.close();
    expect(await within(30_000, "end of the upload", outcome.opened)).toBe("cut");
  });

  test("an upstream that resets before its head is a 502 with a code and a request id", async () => {
    lab.upstream.on("/reset-before", (req) => void (req.socket as Socket).resetAndDestroy());
    const answer = await rawRequest(lab.port, [
      "POST /reset-before HTTP/1.1",
      `Host: ${lab.host}`,
      "Content-Length: 0",
    ]);
    expect(answer.status).toBe(502);
    expect(fieldValues(answer, "hotspot-error")).toEqual(["upstream_reset"]);
    expect(answer.body.toString()).toContain("upstream_reset");
  });

  test("an upstream that resets inside a chunked body cuts the client's body, which never looks complete", async () => {
    lab.upstream.on("/reset-after", async (req, res) => {
      await new Promise<unknown>((sent) => res.write("part", sent));
      firstPart.opened.then(() => (req.socket as Socket).resetAndDestroy());
    });
    const firstPart = gate();
    const http = await RawHttp.open(lab.port);
    http.request(["GET /reset-after HTTP/1.1", `Host: ${lab.host}`]);
    expect((await http.readHead()).status).toBe(200);
    expect((await http.readChunk()).toString()).toBe("part");
    firstPart.open();
    await within(30_000, "cut at the client", http.closed());
    expect((await http.rest()).toString()).toBe("");
  });

  test("an upstream that stops short of its Content-Length cuts the client's connection", async () => {
    lab.upstream.on(
      "/short",
      (req) => void req.socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive5"),
    );
    const http = await RawHttp.open(lab.port);
    http.request(["GET /short HTTP/1.1", `Host: ${lab.host}`]);
    expect(fieldValues(await http.readHead(), "content-length")).toEqual(["10"]);
    await within(30_000, "cut at the client", http.closed());
    expect((await http.rest()).toString()).toBe("five5");
  });

  test.each(badAnswers)("an answer that is %s is a 502, not a guess", async (what, bytes) => {
    const path = `/v1/bad-answer-${badAnswers.findIndex(([other]) => other === what)}`;
    lab.upstream.on(path, (req) => void req.socket.end(bytes));
    const answer = await rawRequest(lab.port, [`GET ${path} HTTP/1.1`, `Host: ${lab.host}`]);
    expectOurError(answer, 502, "upstream_bad_response");
  });
}
