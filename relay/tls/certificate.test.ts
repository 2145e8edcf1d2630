import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { type Certificate, CertificateBook, covers } from "./certificate.ts";
import { environmentSource } from "./file-source.ts";
import { HandshakeLimiter } from "./handshake-limiter.ts";
import { keepLoaded } from "./keep-loaded.ts";
import { readCertificate } from "./read-certificate.ts";

const dir = mkdtempSync(join(tmpdir(), "hotspot-certificates-"));
afterAll(() => rmSync(dir, { recursive: true }));

function make(name: string, ...names: string[]): { cert: string; key: string } {
  const [cert, key] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)];
  const args = [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3"],
    ...["-subj", "/CN=ignored.example", "-keyout", key, "-out", cert],
    ...(names.length > 0 ? ["-addext", `subjectAltName=${names.map((each) => `DNS:${each}`)}`] : []),
  ];
  execFileSync("openssl", args, { stdio: "pipe" });
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}

const held = (names: string[], notAfter = new Date(2_000_000_000_000)): Certificate => ({
  names,
  certPem: names.join(),
  keyPem: "",
  notAfter,
});

it("selects by exact name, then by a wildcard one label up, never by one of two labels", () => {
  const book = new CertificateBook();
  const wild = held(["*.example.com"]);
  const exact = held(["a.example.com", "other.test"]);
  book.replace("environment", [wild, exact]);
  expect(book.select("A.Example.COM.")).toBe(exact);
  expect(book.select("b.example.com")).toBe(wild);
  expect(book.select("example.com")).toBeNull();
  expect(book.select("x.b.example.com")).toBeNull();
  expect(book.select("")).toBeNull();
  expect([
    covers(wild, "b.example.com"),
    covers(wild, "example.com"),
    covers(wild, "x.b.example.com"),
  ]).toEqual([true, false, false]);
});

it("keeps each source's certificates apart, and of two for one name takes the one that is good for longer", () => {
  const book = new CertificateBook();
  let changes = 0;
  book.onChange(() => changes++);
  const old = held(["a.test"], new Date(1));
  const fresh = held(["a.test"], new Date(2));
  book.replace("database", [fresh]);
  book.replace("environment", [old]);
  expect(book.select("a.test")).toBe(fresh);
  book.replace("database", []);
  expect(book.select("a.test")).toBe(old);
  expect(changes).toBe(3);
});

it("reads names and the end of a certificate, and says what is wrong with one that cannot be served", () => {
  const { cert, key } = make("good", "*.Example.com", "example.com");
  const other = make("other", "other.test");
  const nameless = make("nameless");
  const read = readCertificate(cert, key, "the test");
  expect(read.names).toEqual(["*.example.com", "example.com"]);
  expect(read.notAfter.getTime()).toBeGreaterThan(Date.now());
  const faultOf = (certPem: string, keyPem: string, now = new Date()) => {
    try {
      return readCertificate(certPem, keyPem, "the test", now).names;
    } catch (error) {
      return (error as { fault: string }).fault;
    }
  };
  expect(faultOf(cert, other.key)).toBe("key_mismatch");
  expect(faultOf(cert, key, new Date(Date.now() + 4 * 86_400_000))).toBe("expired");
  expect(faultOf("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", key)).toBe("unreadable");
  expect(faultOf(cert, "no key")).toBe("unreadable");
  expect(faultOf(nameless.cert, nameless.key)).toBe("no_names");
});

it("serves on with what was loaded when a look finds something broken, and heals with the next", async () => {
  const { cert, key } = make("watched", "watched.test");
  const files = { cert: join(dir, "watched.crt"), key: join(dir, "watched.key"), dir: null };
  const book = new CertificateBook();
  const errors: unknown[] = [];
  let failed = 0;
  const loaded = await keepLoaded({
    book,
    name: "environment",
    source: environmentSource(files),
    pollMs: 1e9,
    onFailed: () => failed++,
    log: { info() {}, error: (fields) => void errors.push(fields.reason) },
  });
  const first = book.select("watched.test");
  expect(first?.certPem).toBe(cert);
  writeFileSync(files.key, "broken");
  await loaded.reload();
  await loaded.reload();
  expect(book.select("watched.test")).toBe(first);
  expect([errors, failed]).toEqual([["unreadable"], 2]);
  const renewed = make("watched", "watched.test");
  await loaded.reload();
  expect(book.select("watched.test")?.certPem).toBe(renewed.cert);
  loaded.stop();
  const absent = environmentSource({ ...files, key: join(dir, "absent") });
  await expect(absent.load()).rejects.toThrow(/absent cannot be read/);
  expect((await environmentSource({ cert, key, dir: null }).load())[0]?.names).toEqual(["watched.test"]);
});

it("lets an address start so many handshakes, and more as time passes", () => {
  const limiter = new HandshakeLimiter(2);
  const taken = (now: number) =>
    Array.from({ length: 30 }, () => limiter.take("a", now)).filter(Boolean).length;
  expect(taken(0)).toBe(20);
  expect(taken(1_000)).toBe(2);
  expect(limiter.take("b", 1_000)).toBe(true);
  limiter.sweep(60_000);
  expect(taken(60_000)).toBe(20);
});
