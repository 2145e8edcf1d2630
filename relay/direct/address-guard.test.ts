import { describe, expect, test } from "vitest";
import { UpstreamUrlError } from "../connector/upstream/target.ts";
import { refusalOf } from "./address-guard.ts";
import { checkUpstreamUrl } from "./check-upstream-url.ts";
import { createPublicResolver } from "./resolve-public.ts";

const refused: [string, RegExp][] = [
  ["127.0.0.1", /loopback/],
  ["127.255.255.254", /loopback/],
  ["0.0.0.0", /reserved/],
  ["0.1.2.3", /reserved/],
  ["10.1.2.3", /private/],
  ["172.16.0.1", /private/],
  ["172.31.255.255", /private/],
  ["192.168.0.1", /private/],
  ["169.254.169.254", /link-local/],
  ["100.64.0.1", /NAT/],
  ["100.100.100.200", /NAT/],
  ["192.0.0.192", /reserved/],
  ["168.63.129.16", /metadata/],
  ["198.18.0.1", /reserved/],
  ["192.0.2.1", /reserved/],
  ["224.0.0.1", /reserved/],
  ["240.0.0.1", /reserved/],
  ["255.255.255.255", /reserved/],
  ["::", /reserved/],
  ["::1", /loopback/],
  ["::127.0.0.1", /clothes/],
  ["::ffff:127.0.0.1", /clothes/],
  ["::ffff:8.8.8.8", /clothes/],
  ["::ffff:0:127.0.0.1", /clothes/],
  ["64:ff9b::7f00:1", /NAT64/],
  ["64:ff9b:1::a00:1", /NAT64/],
  ["2002:7f00:1::", /tunnel/],
  ["2001:0:1::1", /tunnel/],
  ["2001:db8::1", /reserved/],
  ["fe80::1", /link-local/],
  ["fec0::1", /reserved/],
  ["fc00::1", /private/],
  ["fd00:ec2::254", /private/],
  ["ff02::1", /reserved/],
  ["4000::1", /reserved/],
  ["localhost", /not an address/],
  ["", /not an address/],
];

test.each(refused)("%s is refused", (address, reason) => {
  expect(refusalOf(address)).toMatch(reason);
});

test.each(["8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "2001:4860:4860::8888", "2606:4700::1111"])(
  "%s is allowed",
  (address) => {
    expect(refusalOf(address)).toBeNull();
  },
);

describe("checkUpstreamUrl", () => {
  test.each([
    "ftp://example.com",
    "example.com",
    "file:///etc/passwd",
    "http://user:secret@example.com",
    "https://example.com/?a=1",
    "http://127.0.0.1:80",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://017700000001/",
    "http://[::1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://169.254.169.254/latest/meta-data",
    "http://localhost:3000",
    "http://a.localhost",
    "http://db",
    "http://printer.local.",
    "http://metadata.google.internal/",
  ])("refuses %s", (url) => {
    expect(() => checkUpstreamUrl(url)).toThrow(UpstreamUrlError);
  });

  test("takes a public https address with a base path", () => {
    expect(checkUpstreamUrl("https://api.example.com/v2/")).toMatchObject({
      url: "https://api.example.com/v2",
      host: "api.example.com",
      port: 443,
      basePath: "/v2",
      tls: { serverName: "api.example.com", verify: true },
    });
    expect(checkUpstreamUrl("http://8.8.8.8:8080")).toMatchObject({ host: "8.8.8.8", port: 8080 });
  });
});

describe("createPublicResolver", () => {
  const answers = (...addresses: string[]) =>
    createPublicResolver(async () =>
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );

  test("gives the checked address, IPv4 first", async () => {
    expect(await answers("2606:4700::1111", "1.1.1.1")("a.test")).toBe("1.1.1.1");
    expect(await answers("2606:4700::1111")("a.test")).toBe("2606:4700::1111");
  });

  test("one private address among public ones refuses the name", async () => {
    await expect(answers("1.1.1.1", "10.0.0.1")("a.test")).rejects.toThrow("stands for a private address");
    await expect(answers()("a.test")).rejects.toThrow("stands for no address");
  });
});
