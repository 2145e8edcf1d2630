import { expect, it } from "vitest";
import { startHotspot } from "../fixtures/hotspot.ts";
import { makeEndpoint } from "../fixtures/tenants.ts";
import { startRawUpstream } from "../fixtures/upstream.ts";

const hotspot = await startHotspot();
const endpoint = await makeEndpoint(hotspot);
/** What the upstream writes to whoever asks. */
let answer = "";
const upstream = await startRawUpstream((socket) => {
  socket.once("data", () => socket.end(answer));
});
await hotspot.connect({ slug: endpoint.slug, licenseKey: endpoint.licenseKey, to: upstream.url });

it("passes fields on as often and in the order that the upstream sent them", async () => {
  answer =
    "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-Between: x\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nok";
  const { rawHeaders, status } = await hotspot.send(endpoint.slug, "/");
  expect(status).toBe(200);
  const fields = rawHeaders.flatMap((name, i) => (i % 2 ? [] : [`${name}: ${rawHeaders[i + 1]}`]));
  expect(fields.filter((field) => /^(set-cookie|x-between)/i.test(field))).toEqual([
    "Set-Cookie: a=1",
    "X-Between: x",
    "Set-Cookie: b=2",
  ]);
});

it.each([
  ["no HTTP at all", "220 mail.example ESMTP\r\n"],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!"],
  [
    "a length and chunks",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  [
    "a protocol switch nobody asked for",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
  ],
])("answers 502 when the upstream says %s", async (_what, bytes) => {
  answer = bytes;
  const { status, headers, json } = await hotspot.send(endpoint.slug, "/v1/models");
  expect(status).toBe(502);
  expect(headers["hotspot-error"]).toBe("upstream_bad_response");
  expect(json().error.code).toBe("upstream_bad_response");
});

it("answers 502 upstream_unreachable when nobody listens there any more", async () => {
  await upstream.close();
  const { status, headers } = await hotspot.send(endpoint.slug, "/v1/models");
  expect({ status, code: headers["hotspot-error"] }).toEqual({ status: 502, code: "upstream_unreachable" });
});
