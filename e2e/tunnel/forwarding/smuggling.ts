import { expect, test } from "vitest";
import { within } from "../../fixtures/gate.ts";
import { RawHttp } from "../../fixtures/raw-http.ts";
import type { Lab } from "../lab.ts";

/** Requests that two parsers could read differently (RFC 9112 11.2). `H` stands for the tenant's Host line. */
const cases: [name: string, request: string][] = [
  [
    "CL and TE",
    "POST /S HTTP/1.1\r\nH\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /S2",
  ],
  ["two different CL", "POST /S HTTP/1.1\r\nH\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello"],
  ["a list in CL", "POST /S HTTP/1.1\r\nH\r\nContent-Length: 5, 5\r\n\r\nhello"],
  ["a sign in CL", "POST /S HTTP/1.1\r\nH\r\nContent-Length: +5\r\n\r\nhello"],
  [
    "TE that ends in something else",
    "POST /S HTTP/1.1\r\nH\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
  ],
  [
    "TE twice",
    "POST /S HTTP/1.1\r\nH\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["TE in HTTP/1.0", "POST /S HTTP/1.0\r\nH\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["space before the colon", "POST /S HTTP/1.1\r\nH\r\nContent-Length : 5\r\n\r\nhello"],
  ["a folded line", "GET /S HTTP/1.1\r\nH\r\nX-A: 1\r\n\tContent-Length: 5\r\n\r\n"],
  ["bare line feeds", "GET /S HTTP/1.1\nH\n\n"],
  ["a bare CR in a value", "GET /S HTTP/1.1\r\nH\r\nX-A: 1\rContent-Length: 5\r\n\r\n"],
  ["a NUL in a value", "GET /S HTTP/1.1\r\nH\r\nX-A: a\0b\r\n\r\n"],
  ["two Hosts", "GET /S HTTP/1.1\r\nH\r\nHost: other.localhost\r\n\r\n"],
  ["no Host", "GET /S HTTP/1.1\r\nX-A: 1\r\n\r\n"],
  ["another authority in the target", "GET http://other.localhost/S HTTP/1.1\r\nH\r\n\r\n"],
];

/** Chunked bodies that are only found bad once the head has gone on: the upload is cut, what follows is no request. */
const badBodies: [name: string, body: string][] = [
  ["a signed chunk size", "+5\r\nhello\r\n0\r\n\r\n"],
  ["a chunk longer than it says", "3\r\nhello\r\n0\r\n\r\n"],
  ["a size beyond all bounds", "ffffffffffffffff5\r\nhello\r\n0\r\n\r\n"],
  ["a bare line feed after a size", "5\nhello\r\n0\r\n\r\n"],
];

export function smuggling(lab: Lab): void {
  test.each(cases)("refused with 400 and a close, never forwarded: %s", async (name, request) => {
    const path = `/smuggled-${cases.findIndex(([other]) => other === name)}-`;
    const http = await RawHttp.open(lab.port);
    http.send(request.replaceAll("/S", path).replace(/(^|\n)H(\r?\n)/, `$1Host: ${lab.host}$2`));
    http.send(`GET ${path}second HTTP/1.1\r\nHost: ${lab.host}\r\n\r\n`);
    expect((await within(30_000, "refusal", http.response())).status).toBe(400);
    await within(30_000, "close", http.closed());
    expect(lab.upstream.seen.filter((seen) => seen.target.includes(path))).toEqual([]);
    http.close();
  });

  test.each(badBodies)(
    "a body with %s is cut, and nothing after it becomes a request",
    async (name, body) => {
      const path = `/bad-body-${badBodies.findIndex(([other]) => other === name)}-`;
      let completed = false;
      lab.upstream.on(`${path}first`, (req, res) => {
        req.on("end", () => {
          completed = true;
          res.end("complete");
        });
        req.on("error", () => {});
        req.resume();
      });
      const http = await RawHttp.open(lab.port);
      http.send(
        `POST ${path}first HTTP/1.1\r\nHost: ${lab.host}\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
      );
      http.send(`GET ${path}second HTTP/1.1\r\nHost: ${lab.host}\r\n\r\n`);
      await within(30_000, "close", http.closed());
      const answer = (await http.rest()).toString("latin1");
      expect(answer === "" || answer.startsWith("HTTP/1.1 400 ")).toBe(true);
      expect(completed).toBe(false);
      expect(lab.upstream.seen.filter((seen) => seen.target === `${path}second`)).toEqual([]);
      http.close();
    },
  );
}
