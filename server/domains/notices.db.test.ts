import { expect, test } from "vitest";
import { createEndpoint, createTenant, createTestDb } from "../../db/testing/index.ts";
import type { Mail } from "../mail/index.ts";
import { testConfig } from "../testing/api.ts";
import { sendDomainNotices } from "./notices.ts";

const { db } = await createTestDb();
const DAY = 86_400_000;
const now = new Date();
const ago = (days: number) => new Date(now.getTime() - days * DAY);

let ids = 0;
/** A domain of a tenant with an owner, as it stands, with a certificate when one is given. */
async function domain(
  state: "active" | "lapsed",
  certificate?: { issuedAt: Date | null; notAfter: Date | null; failures: number },
) {
  const tenant = await createTenant(db, { plan: "pro" });
  const { endpointId, slug } = await createEndpoint(db, tenant);
  const id = `dom_notice${++ids}`;
  const host = `notice${ids}.customer.com`;
  await db
    .insertInto("custom_domains")
    .values({
      ...{ id, host, tenant_id: tenant.tenantId, endpoint_id: endpointId, proof_token: "proof", state },
      held_since: state === "active" ? ago(60) : null,
      proven_at: ago(2),
      next_check_at: null,
    })
    .execute();
  if (certificate) {
    const { issuedAt, notAfter, failures } = certificate;
    const issued = issuedAt && {
      cert_pem: "cert",
      sealed_key: "key",
      not_before: issuedAt,
      not_after: notAfter,
    };
    await db
      .insertInto("certificates")
      .values({
        ...{ id: `crt_notice${ids}`, name: host, names: [host], challenge: "http-01" as const },
        ...issued,
        ...{ issued_at: issuedAt, failures, error: "CAA record forbids issuance" },
      })
      .execute();
  }
  return { id, host, slug };
}

/** What one round sends. */
async function round(answer: "sent" | "failed" = "sent"): Promise<Mail[]> {
  const mails: Mail[] = [];
  const mailer = {
    kind: "mailbox" as const,
    send: async (_to: string, mail: Mail) => {
      mails.push(mail);
      return answer;
    },
    close() {},
  };
  await sendDomainNotices({
    db,
    mailer,
    portalUrl: "http://localhost:3000",
    config: testConfig,
    now: () => now,
  });
  return mails;
}

test("a domain that lapsed is told of once, with the record to set; again when it came back and lapsed anew", async () => {
  const { id, host, slug } = await domain("lapsed");
  await domain("active");
  await expect(round("failed")).rejects.toThrow("1 mails about domains failed");
  expect(await round()).toEqual([
    {
      kind: "domain_lapsed",
      accountName: expect.any(String),
      host,
      recordName: `_hotspot.${host}`,
      recordValue: "hotspot-verification=proof",
      domainUrl: `http://localhost:3000/endpoints/${slug}/domains/${id}`,
    },
  ]);
  expect(await round()).toEqual([]);
  const change = (proven_at: Date) =>
    db.updateTable("custom_domains").set({ proven_at }).where("id", "=", id).execute();
  await change(ago(1));
  expect(await round()).toMatchObject([{ kind: "domain_lapsed", host }]);
  // What lapsed before anybody was told of it is no news.
  await change(ago(31));
  expect(await round()).toEqual([]);
});

test("a certificate that cannot be renewed three times in a row is told of once; a first order that fails, and another CA's mood, are not", async () => {
  const soon = new Date(now.getTime() + 12 * DAY);
  const failing = await domain("active", { issuedAt: ago(78), notAfter: soon, failures: 3 });
  const ended = await domain("active", { issuedAt: ago(91), notAfter: ago(1), failures: 40 });
  await domain("active", { issuedAt: ago(78), notAfter: soon, failures: 2 });
  await domain("active", { issuedAt: null, notAfter: null, failures: 9 });
  const told = await round();
  expect(
    told.map((mail) => (mail.kind === "certificate_failing" ? [mail.host, mail.hasEnded] : mail)),
  ).toEqual(
    expect.arrayContaining([
      [failing.host, false],
      [ended.host, true],
    ]),
  );
  expect(told).toHaveLength(2);
  expect(told[0]).toMatchObject({ error: "CAA record forbids issuance" });
  expect(await round()).toEqual([]);
  await db
    .updateTable("certificates")
    .set({ issued_at: ago(0) })
    .where("name", "=", failing.host)
    .execute();
  expect(await round()).toMatchObject([{ host: failing.host }]);
});
