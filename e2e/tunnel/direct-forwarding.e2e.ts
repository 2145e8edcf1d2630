import { expect, test } from "vitest";
import { fieldValues, rawRequest } from "../fixtures/raw-http.ts";
import { bodyOf } from "../standins/upstream.ts";
import { makeTenant, tunnelLab } from "./lab.ts";

// ALLOW_PRIVATE_UPSTREAMS is for closed networks; here it lets an upstream on this machine stand for a public one.
const lab = await tunnelLab({ env: { ALLOW_PRIVATE_UPSTREAMS: "1" } });

test("an endpoint with an upstreamBaseUrl forwards without a connector, below the URL's own path", async () => {
  lab.otherUpstream.on("/base/v1/echo", async (req, res) => {
    const body = (await bodyOf(req)).toString();
    res.setHeader("x-host", req.headers.host ?? "").end(`got ${body}`);
  });
  const tenant = await makeTenant(lab.world, { upstreamBaseUrl: `${lab.otherUpstream.url}/base` });
  const answer = await rawRequest(
    lab.port,
    ["POST /v1/echo HTTP/1.1", `Host: ${tenant.host}`, "Content-Length: 5"],
    "hello",
  );
  expect([answer.status, answer.body.toString()]).toEqual([200, "got hello"]);
  expect(fieldValues(answer, "x-host")).toEqual([new URL(lab.otherUpstream.url).host]);
});

test("a redirect of such an upstream is handed to the client, not followed", async () => {
  const inside = `${lab.upstream.url}/inside`;
  lab.otherUpstream.on("/v1/models", (_req, res) => {
    res.writeHead(302, { location: inside }).end();
  });
  const tenant = await makeTenant(lab.world, { upstreamBaseUrl: lab.otherUpstream.url });
  const answer = await rawRequest(lab.port, ["GET /v1/models HTTP/1.1", `Host: ${tenant.host}`]);
  expect([answer.status, fieldValues(answer, "location")]).toEqual([302, [inside]]);
  expect(lab.upstream.seen).toEqual([]);
});
