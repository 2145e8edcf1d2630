import { expect, test } from "vitest";
import { DomainError } from "../errors.ts";
import { checkUpstreamBaseUrl } from "./upstream-url.ts";

const config = { allowPrivateUpstreams: false, endpointsBaseDomain: "example.com" };

test.each([
  ["https://llm.example.org", "https://llm.example.org"],
  ["http://llm.example.org:8080/base/", "http://llm.example.org:8080/base"],
  ["https://93.184.216.34", "https://93.184.216.34"],
  ["https://[2606:2800:220:1::1]/", "https://[2606:2800:220:1::1]"],
  ["HTTPS://LLM.Example.ORG", "https://llm.example.org"],
])("%s is allowed as %s", (raw, url) => expect(checkUpstreamBaseUrl(raw, config)).toBe(url));

const refused = [
  "",
  "not a url",
  "ftp://example.org",
  "file:///etc/passwd",
  "javascript:alert(1)",
  "https://user:secret@example.org",
  "https://example.org/?token=1",
  "https://example.org/#x",
  "http://localhost:11434",
  "http://app.localhost",
  "http://127.0.0.1",
  "http://127.1",
  "http://2130706433",
  "http://0x7f000001",
  "http://0177.0.0.1",
  "http://0.0.0.0",
  "http://10.1.2.3",
  "http://172.16.0.1",
  "http://192.168.1.1",
  "http://169.254.169.254/latest/meta-data",
  "http://100.64.0.1",
  "http://224.0.0.1",
  "http://[::1]",
  "http://[::]",
  "http://[::ffff:10.0.0.1]",
  "http://[::ffff:7f00:1]",
  "http://[fe80::1]",
  "http://[fd00::1]",
  "http://[64:ff9b::a00:1]",
  "http://metadata.google.internal",
  "http://printer.local",
  "http://router",
  "http://localhost.",
  "http://acme.example.com",
  "http://example.com",
];

test.each(refused)("%j is refused and the field is named", (raw) => {
  const check = () => checkUpstreamBaseUrl(raw, config);
  expect(check).toThrow(DomainError);
  expect(check).toThrow(expect.objectContaining({ kind: "invalid", details: { field: "upstreamBaseUrl" } }));
});

test("tests and closed networks may allow private addresses, but never other schemes", () => {
  const open = { ...config, allowPrivateUpstreams: true };
  expect(checkUpstreamBaseUrl("http://127.0.0.1:1234/", open)).toBe("http://127.0.0.1:1234");
  expect(() => checkUpstreamBaseUrl("ftp://127.0.0.1", open)).toThrow(DomainError);
});
