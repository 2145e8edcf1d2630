import { expect, test } from "vitest";
import { type Certificate, CertificateBook } from "../tls/certificate.ts";
import { StoredCertificates } from "./stored-certificates.ts";

const certificateOf = (names: string[], days: number): Certificate => ({
  names,
  certPem: `cert of ${names} for ${days}`,
  keyPem: "key",
  notAfter: new Date(days * 86_400_000),
});
const log = { info() {}, warn() {} };

test("what the database holds is chosen by SNI, beside the environment's; what goes away is not", async () => {
  const book = new CertificateBook();
  const wildcard = certificateOf(["*.example.org", "example.org"], 30);
  book.replace("environment", [wildcard]);
  const custom = certificateOf(["api.customer.com"], 90);
  let held: readonly Certificate[] | Error = [custom];
  const source = {
    async load() {
      if (held instanceof Error) throw held;
      return held;
    },
  };
  const stored = new StoredCertificates({ book, source, log });
  let replaced = 0;
  book.onChange(() => void replaced++);
  await stored.reload();
  expect(book.select("API.customer.com")).toBe(custom);
  expect(book.select("acme.example.org")).toBe(wildcard);
  expect(book.select("other.customer.com")).toBeNull();
  await stored.reload();
  expect(replaced).toBe(1);
  held = new Error("away");
  await stored.reload();
  expect(book.select("api.customer.com")).toBe(custom);
  held = [];
  await stored.reload();
  expect(book.select("api.customer.com")).toBeNull();
  expect(book.select("acme.example.org")).toBe(wildcard);
});

test("a notice during a look makes another one", async () => {
  const book = new CertificateBook();
  const waiting: ((found: readonly Certificate[]) => void)[] = [];
  const source = { load: () => new Promise<readonly Certificate[]>((done) => void waiting.push(done)) };
  const stored = new StoredCertificates({ book, source, log });
  const done = stored.reload();
  stored.reload();
  const fresh = certificateOf(["new.customer.com"], 90);
  waiting[0]!([]);
  await expect.poll(() => waiting.length).toBe(2);
  waiting[1]!([fresh]);
  await done;
  expect(book.select("new.customer.com")).toBe(fresh);
});
