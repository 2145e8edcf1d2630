import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeHello, encodeHello } from "../hello.ts";
import { decodeTcpHead, encodeTcpHead, isTcpName } from "./head.ts";

const head = (text: string) => decodeTcpHead(new TextEncoder().encode(text));

const address = fc.record({
  address: fc.oneof(fc.ipV4(), fc.ipV6()),
  port: fc.integer({ min: 0, max: 65_535 }),
});
const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/);

describe("the head of a TCP stream", () => {
  it("is three lines, IPv6 in brackets", () => {
    const bytes = encodeTcpHead({
      name: "ssh",
      client: { address: "2001:db8::7", port: 50_001 },
      server: { address: "198.51.100.1", port: 20_022 },
    });
    expect(new TextDecoder().decode(bytes)).toBe("ssh\n[2001:db8::7]:50001\n198.51.100.1:20022\n");
  });

  it("comes back as it was written", () => {
    fc.assert(
      fc.property(fc.record({ name, client: address, server: address }), (value) => {
        expect(decodeTcpHead(encodeTcpHead(value))).toEqual(value);
      }),
    );
  });

  it("may have more lines", () => {
    expect(head("22\n192.0.2.7:1\n192.0.2.1:2\nlater: 1\n")?.name).toBe("22");
  });

  it.each([
    ["", "nothing"],
    ["22\n192.0.2.7:1\n192.0.2.1:2", "a last line without its end"],
    ["22\n192.0.2.7:1\n", "two lines"],
    ["Ssh\n192.0.2.7:1\n192.0.2.1:2\n", "a name in capitals"],
    ["22\n192.0.2.7\n192.0.2.1:2\n", "no port"],
    ["22\n192.0.2.7:65536\n192.0.2.1:2\n", "a port too high"],
    ["22\n2001:db8::7:1\n192.0.2.1:2\n", "IPv6 without brackets"],
    ["22\n[192.0.2.7]:1\n192.0.2.1:2\n", "IPv4 in brackets"],
    ["22\nlocalhost:1\n192.0.2.1:2\n", "a host name"],
  ])("is refused: %j (%s)", (text) => {
    expect(head(text)).toBeNull();
  });

  it("is refused when it is not UTF-8, and never throws", () => {
    expect(decodeTcpHead(new Uint8Array([0xff, 10, 10, 10]))).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const value = decodeTcpHead(bytes);
        expect(value === null || isTcpName(value.name)).toBe(true);
      }),
    );
  });
});

describe("what a HELLO says it serves", () => {
  const hello = { versions: [1], agent: "t/1", capacity: 0, links: 1, linkIndex: 0 };
  const read = (serves: unknown) =>
    decodeHello(encodeHello({ ...hello, serves } as Parameters<typeof encodeHello>[0]));

  it("is read, each name once; absent it stays absent", () => {
    expect(read({ http: false, tcp: ["22", "db", "22"] }).serves).toEqual({ http: false, tcp: ["22", "db"] });
    expect(read(undefined).serves).toBeUndefined();
    expect(read(null).serves).toBeUndefined();
  });

  it.each([
    [{ http: true }],
    [{ tcp: [] }],
    [{ http: "yes", tcp: [] }],
    [{ http: true, tcp: "22" }],
    [{ http: true, tcp: [22] }],
    [{ http: true, tcp: ["a b"] }],
    [{ http: true, tcp: ["a\nb"] }],
    [{ http: true, tcp: Array.from({ length: 65 }, (_, i) => `p${i}`) }],
    ["http"],
  ])("is refused: %j", (serves) => {
    expect(() => read(serves)).toThrow(expect.objectContaining({ code: 1 }));
  });
});
