import { describe, expect, it } from "vitest";
import { CertificateBook } from "../tls/certificate.ts";
import { TlsStats } from "../tls/tls-stats.ts";
import { FakeClient } from "./testing/fake-client.ts";
import { createTestEdge, get, INTERNAL_SECRET, OK, settle } from "./testing/test-edge.ts";

const certificate = { names: ["*.localhost"], certPem: "", keyPem: "", notAfter: new Date(2e12) };

function createSecureEdge() {
  const book = new CertificateBook();
  book.replace("test", [certificate]);
  const made = createTestEdge({
    config: { httpsRedirect: true, hstsSeconds: 60, securePort: 8443 },
    deps: { tls: { book, stats: new TlsStats(), handshakesPerSecond: 100 } },
  });
  made.tunnel.responder = (stream) => stream.respond(OK, "ok");
  function connectSecure(presented: typeof certificate | null = certificate) {
    const client = Object.assign(new FakeClient(), { certificate: presented });
    client.events = made.edge.accept(client)?.events ?? null;
    return client;
  }
  return { ...made, connectSecure };
}

const status = (client: FakeClient) => client.received.slice(9, 12);

describe("an edge with TLS", () => {
  it("serves what comes over it, says https to the upstream, and asks for https from now on", async () => {
    const { connectSecure, tunnel } = createSecureEdge();
    const client = connectSecure();
    client.send(get("/x", "X-Forwarded-Proto: http"));
    await settle();
    expect(status(client)).toBe("200");
    expect(client.received).toContain("\r\nStrict-Transport-Security: max-age=60\r\n");
    expect(tunnel.last.head).toContain("\r\nX-Forwarded-Proto: https\r\n");
    expect(tunnel.last.head).toContain(";proto=https\r\n");
    client.received = "";
    client.send(get("/api/endpoints/health"));
    expect(client.received).toContain("\r\nStrict-Transport-Security: max-age=60\r\n");
  });

  it("answers 421 for a host that the certificate does not cover, by each request's own Host", async () => {
    const { connectSecure, edge } = createSecureEdge();
    const client = connectSecure();
    client.send(get("/x"));
    await settle();
    expect(status(client)).toBe("200");
    for (const host of ["acme.example.com", "a.b.localhost", "localhost", "127.0.0.1"]) {
      client.received = "";
      client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect([host, status(client)]).toEqual([host, "421"]);
    }
    expect(edge.stats.misdirected).toBe(4);
    client.received = "";
    client.send("GET / HTTP/1.1\r\nHost: ACME.localhost.:443\r\n\r\n");
    await settle();
    expect(status(client)).toBe("200");
  });

  it.each([
    ["its path and query", get("/a/b?c=d&e"), "https://acme.localhost:8443/a/b?c=d&e"],
    [
      "an absolute target",
      "GET http://acme.localhost/x HTTP/1.1\r\nHost: acme.localhost\r\n\r\n",
      "https://acme.localhost:8443/x",
    ],
    [
      "any method",
      "POST /x HTTP/1.1\r\nHost: acme.localhost:80\r\nContent-Length: 0\r\n\r\n",
      "https://acme.localhost:8443/x",
    ],
    [
      "an unknown endpoint",
      "GET / HTTP/1.1\r\nHost: nobody.localhost\r\n\r\n",
      "https://nobody.localhost:8443/",
    ],
  ])("sends a plain request to https: %s", (_what, text, location) => {
    const { connect, tunnel } = createSecureEdge();
    const client = connect();
    client.send(text);
    expect(status(client)).toBe("308");
    expect(client.received).toContain(`\r\nLocation: ${location}\r\n`);
    expect(client.received).not.toContain("Strict-Transport-Security");
    expect(tunnel.streams).toEqual([]);
  });

  it("redirects neither links, challenges, hosts without a certificate, nor health checks on this machine", async () => {
    const { connect, links } = createSecureEdge();
    const answers: [string, string | undefined, string][] = [
      [get("/.well-known/acme-challenge/token"), undefined, "200"],
      ["GET / HTTP/1.1\r\nHost: other.example.com\r\n\r\n", undefined, "404"],
      [get("/api/endpoints/health"), "127.0.0.1", "200"],
      [get("/api/endpoints/health"), "192.0.2.1", "308"],
      [get("/x"), "127.0.0.1", "308"],
    ];
    for (const [text, address, expected] of answers) {
      const client = connect(address);
      client.send(text);
      await settle();
      expect([text.split("\r\n")[0], status(client)]).toEqual([text.split("\r\n")[0], expected]);
    }
    connect().send("GET /connect HTTP/1.1\r\nHost: www.localhost\r\n\r\n");
    connect().send("GET /connect HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(links.length).toBeGreaterThan(0);
  });

  it("believes a trusted proxy and the portal about how the client came", async () => {
    const { connect, tunnel } = createSecureEdge();
    const told = async (proto: string) => {
      const client = connect("10.0.0.1");
      client.send(get("/x", `X-Forwarded-Proto: ${proto}`));
      await settle();
      return status(client);
    };
    expect(await told("https")).toBe("200");
    expect(tunnel.last.head).toContain("X-Forwarded-Proto: https");
    expect(await told("http")).toBe("308");
    const portal = createTestEdge({ config: { publicScheme: "https" } });
    portal.tunnel.responder = (stream) => stream.respond(OK, "ok");
    const client = portal.connect();
    client.send(get("/x", `X-Hotspot-Proxy-Auth: ${INTERNAL_SECRET}`));
    await settle();
    expect(status(client)).toBe("200");
  });
});
