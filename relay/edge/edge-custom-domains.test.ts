import { expect, test } from "vitest";
import { acme, createTestEdge, OK, settle } from "./testing/test-edge.ts";

const hosts = { "api.customer.com": acme };
const ask = (host: string, path = "/x") => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

test.each(["api.customer.com", "API.Customer.com", "api.customer.com:443", "api.customer.com."])(
  "a request for the custom domain %s reaches the endpoint, which is told that name",
  (host) => {
    const { connect, tunnel, records } = createTestEdge({ hosts });
    const client = connect();
    client.send(ask(host));
    expect(tunnel.last.head).toContain(`Host: ${host}\r\n`);
    expect(tunnel.last.head).toContain(`X-Forwarded-Host: ${host}\r\n`);
    tunnel.last.respond(OK, "ok");
    expect(records[0]).toMatchObject({
      tenantId: "tenant_a",
      endpointId: "ep_acme",
      slug: "acme",
      status: 200,
    });
  },
);

test("a host that is nobody's gets what it always got, and so does one that only looks alike", () => {
  const { connect, tunnel } = createTestEdge({ hosts });
  for (const host of ["customer.com", "x.api.customer.com", "api.customer.com.evil.net", "203.0.113.9"]) {
    const client = connect();
    client.send(ask(host));
    expect(client.received).toMatch(/^HTTP\/1\.1 404 .*"code":"endpoint_not_found"/s);
  }
  expect(tunnel.streams).toHaveLength(0);
});

test("it is limited as its slug is: by the same tenant, with the same key", () => {
  const route = { ...acme, requireAccessKey: true };
  const { connect } = createTestEdge({
    routes: { acme: route },
    hosts: { "api.customer.com": route },
    config: { rateLimitMax: 2 },
  });
  const client = connect();
  client.send(ask("api.customer.com") + ask("acme.localhost") + ask("api.customer.com"));
  expect(client.received.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 401", "HTTP/1.1 401", "HTTP/1.1 429"]);
});

test("a path of connectors is an endpoint's own on its custom domain; on other names it is ours, database or not", async () => {
  const hosted = { ...hosts, "relay.example.net": Promise.reject(new Error("database away")) };
  const { connect, tunnel, links } = createTestEdge({ hosts: hosted });
  connect().send(ask("api.customer.com", "/ws/connect"));
  expect([tunnel.streams.length, links.length]).toEqual([1, 0]);
  connect().send(ask("relay.example.org", "/ws/connect"));
  expect(links).toHaveLength(1);
  connect().send(ask("relay.example.net", "/ws/connect"));
  await settle();
  expect(links).toHaveLength(2);
  const client = connect();
  client.send(ask("relay.example.net"));
  await settle();
  expect(client.received).toMatch(/^HTTP\/1\.1 503 /);
});

test("a CA is answered on a custom domain for a token that was asked for; all else there is the upstream's", async () => {
  const asked: string[] = [];
  const challenges = {
    lookup: async (host: string) => {
      asked.push(host);
      return new Map([["tok_en-1", "tok_en-1.thumb"]]);
    },
  };
  const suspended = { ...acme, state: "suspended" as const };
  const { connect, tunnel } = createTestEdge({
    hosts: { ...hosts, "other.customer.com": suspended },
    deps: { challenges },
  });
  const answerTo = async (host: string, token: string, method = "GET") => {
    const client = connect();
    client.send(ask(host, `/.well-known/acme-challenge/${token}`).replace("GET", method));
    await settle();
    return client.received;
  };
  expect(await answerTo("api.customer.com", "tok_en-1")).toMatch(
    /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\ntok_en-1\.thumb$/s,
  );
  expect(await answerTo("other.customer.com", "tok_en-1")).toMatch(/^HTTP\/1\.1 200 /);
  expect(tunnel.streams).toHaveLength(0);
  expect(await answerTo("api.customer.com", "another")).toBe("");
  expect(await answerTo("api.customer.com", "")).toBe("");
  expect(await answerTo("api.customer.com", "tok_en-1", "POST")).toBe("");
  expect(tunnel.streams).toHaveLength(3);
  expect(await answerTo("nobody.com", "tok_en-1")).toMatch(/^HTTP\/1\.1 404 /);
  expect(await answerTo("acme.localhost", "tok_en-1")).toBe("");
  expect(asked).toEqual(["api.customer.com", "other.customer.com", "api.customer.com"]);
});
