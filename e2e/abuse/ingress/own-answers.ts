import { describe, expect, test } from "vitest";
import { freePort } from "../../fixtures/free-port.ts";
import { fieldValues, RawHttp, type RawResponse } from "../../fixtures/raw-http.ts";
import { expectOurError } from "../../tunnel/error-answer.ts";
import { connect, type Lab, makeTenant } from "../../tunnel/lab.ts";

const ATTACK = `"><script>alert(1)</script>'{{7*7}}`;

/** What is ours on a tenant host, and what our own answers may say. */
export function ownAnswers(lab: Lab): void {
  const ask = async (lines: string[], body = ""): Promise<RawResponse> => {
    const http = await RawHttp.open(lab.port);
    http.request(lines, body);
    const answer = await http.response(lines[0]!.split(" ")[0]);
    http.close();
    return answer;
  };

  describe("own paths", () => {
    test("only the two documented ones are ours on a tenant host; everything else is the upstream's", async () => {
      const theirs = [
        "/metrics",
        "/healthz",
        "/readyz",
        "/connect",
        "/ws/connect",
        "/endpoints/",
        "/endpoints/x",
        "/Endpoints",
        "/api/endpoints",
        "/api/endpoints/health/",
        "/api//endpoints/health",
        "/api/endpoints/health/../x",
        "/%65ndpoints",
        "/.well-known/security.txt",
      ];
      for (const path of theirs) {
        lab.upstream.on(path, (_req, res) => res.end(`theirs ${path}`));
        const answer = await ask([`GET ${path} HTTP/1.1`, `Host: ${lab.host}`]);
        expect([path, answer.body.toString()]).toEqual([path, `theirs ${path}`]);
      }
      for (const path of ["/endpoints", "/api/endpoints/health"]) {
        lab.upstream.on(path, (_req, res) => res.end("theirs"));
        expect((await ask([`GET ${path} HTTP/1.1`, `Host: ${lab.host}`])).body.toString()).not.toBe("theirs");
        // Another method is not ours.
        const post = await ask([`POST ${path} HTTP/1.1`, `Host: ${lab.host}`, "Content-Length: 0"]);
        expect(post.body.toString()).toBe("theirs");
      }
    });

    test("the private port's pages are on no public host name", async () => {
      for (const host of [`localhost:${lab.port}`, `127.0.0.1:${lab.port}`, `www.localhost:${lab.port}`]) {
        for (const path of ["/metrics", "/healthz", "/readyz"]) {
          const answer = await ask([`GET ${path} HTTP/1.1`, `Host: ${host}`]);
          expect([host, answer.status === 200]).toEqual([host, false]);
          expect(answer.body.toString()).not.toContain("hotspot_");
        }
      }
    });
  });

  describe("answers of our own", () => {
    test("are marked, not stored, not sniffed, and give back nothing of the request or of what is behind us", async () => {
      const down = await makeTenant(lab.world);
      const deadPort = await freePort();
      await connect(lab.world, down, { to: `http://127.0.0.1:${deadPort}` });
      const nobody = `nobody-here.localhost:${lab.port}`;
      const attack = encodeURI(ATTACK).replaceAll("'", "%27");
      const cases: [status: number, code: string, lines: string[]][] = [
        [404, "endpoint_not_found", [`GET /x?q=${ATTACK.replaceAll(" ", "")} HTTP/1.1`, `Host: ${nobody}`]],
        [404, "endpoint_not_found", [`GET /${attack} HTTP/1.1`, `Host: ${nobody}`, `Referer: ${ATTACK}`]],
        [502, "upstream_unreachable", ["GET /secret-path HTTP/1.1", `Host: ${down.host}`, `X-A: ${ATTACK}`]],
        [413, "body_too_large", ["POST / HTTP/1.1", `Host: ${lab.host}`, `Content-Length: ${2 ** 50}`]],
        [417, "expectation_failed", ["POST / HTTP/1.1", `Host: ${lab.host}`, "Expect: <b>x</b>"]],
        [400, "bad_request", [`GET / HTTP/1.1`, `Host: ${lab.host}`, `<script>: ${ATTACK}`]],
        [431, "head_too_large", ["GET / HTTP/1.1", `Host: ${lab.host}`, `X: ${"<script>".repeat(5_000)}`]],
      ];
      for (const [status, code, lines] of cases) {
        for (const accept of ["text/html", "application/json", "*/*"]) {
          const answer = await ask([...lines, `Accept: ${accept}`]);
          expectOurError(answer, status, code);
          const all = `${answer.reason}${JSON.stringify(answer.fields)}${answer.body}`;
          for (const never of [
            "<script",
            "alert(1)",
            "{{7*7}}",
            "secret-path",
            String(deadPort),
            "127.0.0.1",
          ]) {
            expect([code, accept, never, all.includes(never)]).toEqual([code, accept, never, false]);
          }
        }
      }
    });

    test("an answer of the upstream is not marked as ours, whatever it claims", async () => {
      lab.upstream.on("/forged", (_req, res) =>
        res
          .writeHead(502, { "hotspot-error": "connector_offline", "hotspot-request-id": "req_forged" })
          .end("forged"),
      );
      const answer = await ask(["GET /forged HTTP/1.1", `Host: ${lab.host}`]);
      expect(answer.status).toBe(502);
      expect(fieldValues(answer, "hotspot-error")).toEqual([]);
      expect(fieldValues(answer, "hotspot-request-id")).not.toContain("req_forged");
    });
  });
}
