import { expect, test } from "vitest";
import { fieldValues, rawRequest } from "../fixtures/raw-http.ts";
import { expectOurError } from "./error-answer.ts";
import { makeTenant, tunnelLab } from "./lab.ts";

// Endpoints that forward to an `upstreamBaseUrl` without a connector. Whatever a row in the database says, the relay
// itself must not become a way into its own network. That it does forward is in direct-forwarding.e2e.ts.
const lab = await tunnelLab();

const ask = (host: string) => rawRequest(lab.port, ["GET /v1/models HTTP/1.1", `Host: ${host}`]);

const refused: [what: string, upstreamBaseUrl: () => string][] = [
  ["this machine by its address", () => lab.upstream.url],
  ["this machine by a name", () => `http://localhost:${lab.upstream.port}`],
  ["a name that a resolver leads to this machine", () => `http://acme.localhost:${lab.upstream.port}`],
  ["this machine in decimal", () => `http://2130706433:${lab.upstream.port}`],
  ["this machine in IPv6 clothes", () => `http://[::ffff:127.0.0.1]:${lab.upstream.port}`],
  ["this machine by the unspecified address", () => `http://0.0.0.0:${lab.upstream.port}`],
  ["a private network", () => "http://10.0.0.1"],
  ["the metadata service of a cloud", () => "http://169.254.169.254"],
];

test.each(refused)("%s is refused, and nothing arrives there", async (_, upstreamBaseUrl) => {
  const tenant = await makeTenant(lab.world, { upstreamBaseUrl: upstreamBaseUrl() });
  const before = lab.upstream.seen.length;
  const answer = await ask(tenant.host);
  expectOurError(answer, 502, fieldValues(answer, "hotspot-error")[0] ?? "");
  // Not a word about what is there.
  expect(answer.body.toString()).not.toContain(new URL(upstreamBaseUrl()).hostname);
  expect(lab.upstream.seen.length).toBe(before);
});

test("a refused upstream does not disturb the endpoints beside it", async () => {
  lab.upstream.on("/v1/models", (_req, res) => res.end("models"));
  const closed = await makeTenant(lab.world, { upstreamBaseUrl: lab.upstream.url });
  expect((await ask(closed.host)).status).toBe(502);
  expect((await ask(lab.host)).body.toString()).toBe("models");
});

test("a redirect to a private address is an answer like any other: the relay does not follow it", async () => {
  lab.upstream.on("/v1/models", (_req, res) => {
    res.writeHead(302, { location: `${lab.otherUpstream.url}/inside` }).end();
  });
  const answer = await ask(lab.host);
  expect([answer.status, fieldValues(answer, "location")]).toEqual([
    302,
    [`${lab.otherUpstream.url}/inside`],
  ]);
  expect(lab.otherUpstream.seen).toEqual([]);
});
