import { expect, test } from "vitest";
import { fieldValues, RawHttp } from "../../fixtures/raw-http.ts";
import type { Lab } from "../lab.ts";

/** Many requests on few connections: no error, no mixed-up answer. */
export function keepAlive(lab: Lab): void {
  test("1,000 requests over 64 keep-alive connections, each with its own answer", async () => {
    lab.upstream.on("/counted", (req, res) => res.end(`${req.url} ${"x".repeat(1024)}`));
    let next = 0;
    const wrong: string[] = [];
    const client = async () => {
      const http = await RawHttp.open(lab.port);
      for (let n = next++; n < 1_000; n = next++) {
        http.request([`GET /counted?n=${n} HTTP/1.1`, `Host: ${lab.host}`]);
        const answer = await http.response();
        const right = answer.status === 200 && answer.body.toString().startsWith(`/counted?n=${n} `);
        if (!right) wrong.push(`${n}: ${answer.status} ${answer.body.toString().slice(0, 80)}`);
      }
      http.close();
    };
    await Promise.all(Array.from({ length: 64 }, client));
    expect(wrong).toEqual([]);
    const reached = lab.upstream.seenAt("/counted").map((request) => request.target);
    expect(reached.length).toBe(1_000);
    expect(new Set(reached).size).toBe(1_000);
  });

  test("two tenants and nobody on one connection: every answer by its own Host, no byte of one in the other", async () => {
    lab.upstream.on("/whose", (_req, res) => res.end("first tenant"));
    lab.otherUpstream.on("/whose", (_req, res) => res.end("second tenant"));
    const nobody = lab.host.replace(lab.tenant.slug, "nobody-here");
    const hosts: [host: string, status: number, body: string | null][] = [
      [lab.host, 200, "first tenant"],
      [lab.otherHost, 200, "second tenant"],
      [nobody, 404, null],
    ];
    const connections = await Promise.all(Array.from({ length: 8 }, () => RawHttp.open(lab.port)));
    await Promise.all(
      connections.map(async (http, lane) => {
        for (let round = 0; round < 30; round++) {
          const [host, status, body] = hosts[(round * 7 + lane) % hosts.length]!;
          http.request(["GET /whose HTTP/1.1", `Host: ${host}`]);
          const answer = await http.response();
          expect(answer.status).toBe(status);
          if (body) expect(answer.body.toString()).toBe(body);
          else expect(fieldValues(answer, "hotspot-error")).toEqual(["endpoint_not_found"]);
        }
        http.close();
      }),
    );
  });
}
