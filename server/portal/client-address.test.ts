import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { createClientAddressReader } from "./client-address.ts";

const from = (remoteAddress: string, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwarded ? { "x-forwarded-for": forwarded } : {},
  }) as IncomingMessage;

describe("createClientAddressReader", () => {
  it("believes no header when no proxy is configured", () => {
    const read = createClientAddressReader([]);
    expect(read(from("127.0.0.1", "203.0.113.9"))).toBe("127.0.0.1");
    expect(read(from("::ffff:198.51.100.7", "203.0.113.9"))).toBe("198.51.100.7");
  });

  it("takes the last address that is no proxy, so that what a client wrote itself does not count", () => {
    const read = createClientAddressReader(["10.0.0.0/8", "192.0.2.7"]);
    expect(read(from("10.1.2.3", "1.1.1.1, 203.0.113.9"))).toBe("203.0.113.9");
    expect(read(from("192.0.2.7", "1.1.1.1, 203.0.113.9, 10.9.9.9"))).toBe("203.0.113.9");
    expect(read(from("198.51.100.7", "203.0.113.9"))).toBe("198.51.100.7");
    expect(read(from("10.1.2.3", "203.0.113.9, nonsense"))).toBe("10.1.2.3");
    expect(read(from("10.1.2.3"))).toBe("10.1.2.3");
  });
});
