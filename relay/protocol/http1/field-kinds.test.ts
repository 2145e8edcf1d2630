import { expect, test } from "vitest";
import { ascii, FieldKind, fieldKind, isHopByHop } from "./index.ts";

const kindOf = (name: string) => fieldKind(ascii(name), 0, name.length);

test.each([
  ["Host", FieldKind.host],
  ["content-LENGTH", FieldKind.contentLength],
  ["Content_Length", FieldKind.other],
  ["Transfer-Encoding", FieldKind.transferEncoding],
  ["Proxy-Anything", FieldKind.proxy],
  ["X-Forwarded-For", FieldKind.xForwardedFor],
  ["X_Forwarded_For", FieldKind.xForwardedFor],
  ["x-forwarded-proto", FieldKind.xForwardedProto],
  ["X-Forwarded-Host", FieldKind.xForwardedHost],
  ["X-Forwarded-Prefix", FieldKind.xForwardedOther],
  ["X-Real_IP", FieldKind.xRealIp],
  ["X-Hotspot-Owner", FieldKind.hotspot],
  ["x_hotspot_owner", FieldKind.hotspot],
  ["Hotspot-Error", FieldKind.hotspot],
  ["X-Api-Key", FieldKind.apiKey],
  ["Api-Key", FieldKind.apiKey],
  ["Accept", FieldKind.accept],
  ["Accept-Encoding", FieldKind.other],
  ["X", FieldKind.other],
  ["P", FieldKind.other],
  [`X-${"a".repeat(100)}`, FieldKind.other],
])("%s", (name, kind) => {
  expect(kindOf(name)).toBe(kind);
});

test("framing fields are not hop-by-hop, connection fields are", () => {
  const names = ["Connection", "Keep-Alive", "TE", "Upgrade", "Proxy-Connection", "HTTP2-Settings"];
  for (const name of names) expect(isHopByHop(kindOf(name)), name).toBe(true);
  for (const name of ["Content-Length", "Transfer-Encoding", "Trailer", "Cookie", "X-A"]) {
    expect(isHopByHop(kindOf(name)), name).toBe(false);
  }
});
