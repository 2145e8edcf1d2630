import { expect, test } from "vitest";
import { within } from "../../fixtures/gate.ts";
import { fieldValues, RawHttp, rawRequest } from "../../fixtures/raw-http.ts";
import { bodyOf } from "../../standins/upstream.ts";
import type { Lab } from "../lab.ts";

/** What RFC 9110 and 9112 say of messages, byte by byte: bodies, no bodies, trailers, informational answers. */
export function messages(lab: Lab): void {
  test("target, field spelling, order and reason phrase pass as they were sent", async () => {
    const target = "/as-is/%7e/..//x;y?q=%zz&c={}|'`\\^";
    lab.upstream.on("/as-is/%7e/..//x;y", (_req, res) => {
      res.writeHead(299, "Rather Fine", [
        ["X-CaSe", "1"],
        ["b-second", "2"],
        ["x-case", "3"],
        ["WWW-Authenticate", "A"],
        ["WWW-Authenticate", "B"],
        ["Content-Length", "2"],
      ] as never);
      res.end("ok");
    });
    const answer = await rawRequest(lab.port, [
      `GET ${target} HTTP/1.1`,
      `Host: ${lab.host}`,
      "X-FiRst: 1",
      "x-second: 2",
      "X-First: 3",
    ]);
    expect(answer.status).toBe(299);
    expect(answer.reason).toBe("Rather Fine");
    expect(answer.body.toString()).toBe("ok");
    const own = answer.fields.filter(([name]) => /^(x-case|b-second|www-authenticate)$/i.test(name));
    expect(own).toEqual([
      ["X-CaSe", "1"],
      ["b-second", "2"],
      ["x-case", "3"],
      ["WWW-Authenticate", "A"],
      ["WWW-Authenticate", "B"],
    ]);
    const [seen] = lab.upstream.seen.filter((request) => request.target === target);
    expect(seen?.fields.filter(([name]) => /^x-(first|second)$/i.test(name))).toEqual([
      ["X-FiRst", "1"],
      ["x-second", "2"],
      ["X-First", "3"],
    ]);
  });

  test("Set-Cookie lines stay apart and in order; one for the shared parent domain does not pass", async () => {
    lab.upstream.on("/cookies", (_req, res) => {
      res.setHeader("set-cookie", [
        "a=1; Path=/",
        "b=2; Expires=Wed, 21 Oct 2037 07:28:00 GMT",
        "wide=1; Domain=localhost; Path=/",
        "dotted=1; domain=.LOCALHOST",
        "a=3; HttpOnly",
      ]);
      res.end("ok");
    });
    const answer = await rawRequest(lab.port, ["GET /cookies HTTP/1.1", `Host: ${lab.host}`]);
    const cookies = fieldValues(answer, "set-cookie");
    expect(cookies.filter((cookie) => /^[ab]=/.test(cookie))).toEqual([
      "a=1; Path=/",
      "b=2; Expires=Wed, 21 Oct 2037 07:28:00 GMT",
      "a=3; HttpOnly",
    ]);
    expect(cookies.filter((cookie) => /domain/i.test(cookie))).toEqual([]);
  });

  test("HEAD, 204 and 304 have no body, keep their fields, and leave the connection usable", async () => {
    lab.upstream.on("/head", (_req, res) =>
      res.writeHead(200, { "content-length": 12345, etag: '"h"' }).end(),
    );
    lab.upstream.on("/204", (_req, res) => res.writeHead(204, { "x-kind": "empty" }).end());
    lab.upstream.on("/304", (_req, res) => res.writeHead(304, { etag: '"n"' }).end());
    lab.upstream.on("/after", (_req, res) => res.end("after"));
    const http = await RawHttp.open(lab.port);
    const ask = async (method: string, path: string) => {
      http.request([`${method} ${path} HTTP/1.1`, `Host: ${lab.host}`]);
      return await http.response(method);
    };
    const head = await ask("HEAD", "/head");
    expect([head.status, fieldValues(head, "content-length"), fieldValues(head, "etag")]).toEqual([
      200,
      ["12345"],
      ['"h"'],
    ]);
    const noContent = await ask("GET", "/204");
    expect([noContent.status, fieldValues(noContent, "x-kind")]).toEqual([204, ["empty"]]);
    expect(fieldValues(noContent, "transfer-encoding")).toEqual([]);
    const notModified = await ask("GET", "/304");
    expect([notModified.status, fieldValues(notModified, "etag")]).toEqual([304, ['"n"']]);
    expect((await ask("GET", "/after")).body.toString()).toBe("after");
    expect(http.unread).toBe(0);
    http.close();
  });

  test("trailers pass in both directions", async () => {
    let received: NodeJS.Dict<string> = {};
    lab.upstream.on("/trailers", async (req, res) => {
      await bodyOf(req);
      received = req.trailers;
      res.writeHead(200, { trailer: "x-sum" });
      res.write("body");
      res.addTrailers([["X-Sum", "42"]]);
      res.end();
    });
    const answer = await rawRequest(
      lab.port,
      ["POST /trailers HTTP/1.1", `Host: ${lab.host}`, "Transfer-Encoding: chunked", "Trailer: x-up"],
      "3\r\nabc\r\n0\r\nX-Up: yes\r\n\r\n",
    );
    expect(answer.body.toString()).toBe("body");
    expect(answer.trailers).toEqual([["X-Sum", "42"]]);
    expect(received["x-up"]).toBe("yes");
  });

  test("a chunked upload of odd pieces and extensions arrives whole", async () => {
    lab.upstream.on("/chunked-up", async (req, res) => {
      res.end(`${req.headers["content-length"]}|${req.headers["transfer-encoding"]}|${await bodyOf(req)}`);
    });
    const http = await RawHttp.open(lab.port);
    http.request(["POST /chunked-up HTTP/1.1", `Host: ${lab.host}`, "Transfer-Encoding: chunked"]);
    for (const piece of ["1\r", "\na\r\n", "4;ext=1\r\nbc", "de\r\n0002\r\nfg", "\r\n0\r\n", "\r\n"])
      http.send(piece);
    expect((await http.response("POST")).body.toString()).toBe("undefined|chunked|abcdefg");
    http.close();
  });

  test("a GET may have a body", async () => {
    lab.upstream.on("/get-body", async (req, res) => void res.end(await bodyOf(req)));
    const answer = await rawRequest(
      lab.port,
      ["GET /get-body HTTP/1.1", `Host: ${lab.host}`, "Content-Length: 5"],
      "hello",
    );
    expect(answer.body.toString()).toBe("hello");
  });

  test("103 early hints come before the final head", async () => {
    lab.upstream.on("/early-hints", async (_req, res) => {
      await new Promise<void>((sent) => res.writeEarlyHints({ link: "</a.css>; rel=preload" }, sent));
      res.end("page");
    });
    const answer = await rawRequest(lab.port, ["GET /early-hints HTTP/1.1", `Host: ${lab.host}`]);
    expect(answer.informational.map((head) => [head.status, fieldValues(head, "link")])).toEqual([
      [103, ["</a.css>; rel=preload"]],
    ]);
    expect(answer.body.toString()).toBe("page");
  });

  test("Expect: 100-continue is the upstream's to answer: it grants, then the body goes", async () => {
    lab.upstream.on("/expect", async (req, res) => {
      res.writeContinue();
      res.end(await bodyOf(req));
    });
    const http = await RawHttp.open(lab.port);
    http.request(["PUT /expect HTTP/1.1", `Host: ${lab.host}`, "Expect: 100-continue", "Content-Length: 4"]);
    expect((await within(30_000, "100 at the client", http.readHead())).status).toBe(100);
    http.send("body");
    const answer = await http.response("PUT");
    expect([answer.status, answer.body.toString()]).toEqual([200, "body"]);
    http.close();
  });

  test("Expect: 100-continue is the upstream's to answer: it refuses, and no body is asked for", async () => {
    lab.upstream.on("/expect-refused", (_req, res) => res.writeHead(401, { connection: "close" }).end("no"));
    const http = await RawHttp.open(lab.port);
    http.request([
      "PUT /expect-refused HTTP/1.1",
      `Host: ${lab.host}`,
      "Expect: 100-continue",
      "Content-Length: 4",
    ]);
    const answer = await within(30_000, "final answer without a body", http.response("PUT"));
    expect([answer.status, answer.informational.length]).toEqual([401, 0]);
    http.close();
  });

  test("an answer that comes before the upload is done reaches the client at once", async () => {
    lab.upstream.on("/early-answer", (_req, res) =>
      res.writeHead(413, { "x-why": "too big for me" }).end("stop"),
    );
    const http = await RawHttp.open(lab.port);
    http.request(
      ["POST /early-answer HTTP/1.1", `Host: ${lab.host}`, "Content-Length: 1000000"],
      "first bytes",
    );
    const answer = await within(30_000, "early answer", http.response("POST"));
    expect([answer.status, fieldValues(answer, "x-why"), answer.body.toString()]).toEqual([
      413,
      ["too big for me"],
      "stop",
    ]);
    http.close();
  });

  test("a body that ends with the upstream's connection arrives whole", async () => {
    lab.upstream.on("/close-delimited", (req) => {
      req.socket.end("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end");
    });
    const answer = await rawRequest(lab.port, ["GET /close-delimited HTTP/1.1", `Host: ${lab.host}`]);
    expect(answer.body.toString()).toBe("until the end");
  });

  test("pipelined requests are answered in order", async () => {
    lab.upstream.on("/pipe-1", (_req, res) => void setImmediate(() => res.end("one")));
    lab.upstream.on("/pipe-2", (_req, res) => void res.end("two"));
    const http = await RawHttp.open(lab.port);
    http.send(
      `GET /pipe-1 HTTP/1.1\r\nHost: ${lab.host}\r\n\r\nGET /pipe-2 HTTP/1.1\r\nHost: ${lab.host}\r\n\r\n`,
    );
    expect((await http.response()).body.toString()).toBe("one");
    expect((await http.response()).body.toString()).toBe("two");
    http.close();
  });
}
