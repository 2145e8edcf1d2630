import { expect, test } from "vitest";
import { rawRequest } from "../../fixtures/raw-http.ts";
import type { Lab } from "../lab.ts";

/** Which fields are ours to write, which are not to pass, which must not be touched. */
export function headers(lab: Lab): void {
  const fieldsAt = (path: string, name: string) =>
    lab.upstream
      .seenAt(path)
      .at(-1)!
      .fields.filter(([n]) => n.toLowerCase() === name)
      .map(([, value]) => value);

  test("forwarding fields from outside are overwritten, internal ones are gone", async () => {
    lab.upstream.on("/spoof", (_req, res) => res.end());
    await rawRequest(lab.port, [
      "GET /spoof HTTP/1.1",
      `Host: ${lab.host}`,
      "X-Forwarded-For: 6.6.6.6",
      "x-forwarded-for: 7.7.7.7",
      "X-Forwarded-Host: evil.example",
      "X-Forwarded-Proto: gopher",
      "X-Forwarded-Port: 1",
      "Forwarded: for=6.6.6.6;host=evil.example",
      "X-Real-IP: 6.6.6.6",
      "X-Hotspot-Proxy-Auth: guess",
      "X-Hotspot-Client-Address: 6.6.6.6",
      "X-Hotspot-Owner: 1",
      "X-HotSpot-Whatever: 1",
    ]);
    const [seen] = lab.upstream.seenAt("/spoof");
    const text = JSON.stringify(seen!.fields);
    for (const lie of ["6.6.6.6", "7.7.7.7", "evil.example", "gopher", "guess"])
      expect(text).not.toContain(lie);
    expect(seen!.fields.filter(([name]) => name.toLowerCase().startsWith("x-hotspot-"))).toEqual([]);
    expect(fieldsAt("/spoof", "x-forwarded-for")).toEqual(["127.0.0.1"]);
    expect(fieldsAt("/spoof", "x-forwarded-proto")).toEqual(["http"]);
    expect(fieldsAt("/spoof", "x-forwarded-host")).toEqual([lab.host]);
  });

  test("hop-by-hop fields and those that Connection names pass in neither direction", async () => {
    lab.upstream.on("/hops", (_req, res) => {
      res.setHeader("Connection", "keep-alive, X-Their-Hop");
      res.setHeader("X-Their-Hop", "1");
      res.setHeader("Keep-Alive", "timeout=77");
      res.setHeader("Proxy-Authenticate", "Basic");
      res.setHeader("X-End-To-End", "1");
      res.end("ok");
    });
    const answer = await rawRequest(lab.port, [
      "GET /hops HTTP/1.1",
      `Host: ${lab.host}`,
      "Connection: keep-alive, X-My-Hop",
      "X-My-Hop: 1",
      "Keep-Alive: timeout=5",
      "Proxy-Connection: keep-alive",
      "Proxy-Authorization: Basic eA==",
      "X-End-To-End: 1",
    ]);
    const up = lab.upstream.seenAt("/hops")[0]!.fields.map(([name]) => name.toLowerCase());
    for (const name of ["x-my-hop", "proxy-connection", "proxy-authorization"])
      expect(up).not.toContain(name);
    expect(up).toContain("x-end-to-end");
    const down = answer.fields.map(([name]) => name.toLowerCase());
    for (const name of ["x-their-hop", "proxy-authenticate"]) expect(down).not.toContain(name);
    expect(answer.fields).not.toContainEqual(["Keep-Alive", "timeout=77"]);
    expect(down).toContain("x-end-to-end");
  });

  test("Authorization and Cookie of the caller are not touched", async () => {
    lab.upstream.on("/mine", (_req, res) => res.end());
    await rawRequest(lab.port, [
      "GET /mine HTTP/1.1",
      `Host: ${lab.host}`,
      "Authorization: Bearer sk-somebody-elses",
      "x-api-key: also-not-ours",
      "Cookie: a=1; b=2",
      "Cookie: c=3",
    ]);
    expect(fieldsAt("/mine", "authorization")).toEqual(["Bearer sk-somebody-elses"]);
    expect(fieldsAt("/mine", "x-api-key")).toEqual(["also-not-ours"]);
    expect(fieldsAt("/mine", "cookie")).toEqual(["a=1; b=2", "c=3"]);
  });

  test("an upstream that refuses foreign Hosts, as Ollama does, works without a setting", async () => {
    lab.upstream.on("/api/tags", (req, res) => {
      const own = req.headers.host === `127.0.0.1:${lab.upstream.port}`;
      res.writeHead(own ? 200 : 403).end(own ? '{"models":[]}' : "");
    });
    const answer = await rawRequest(lab.port, ["GET /api/tags HTTP/1.1", `Host: ${lab.host}`]);
    expect([answer.status, answer.body.toString()]).toEqual([200, '{"models":[]}']);
  });
}
