import { X509Certificate } from "node:crypto";
import acme from "acme-client";
import type { Asked, Solver } from "./solvers.ts";

/** A certificate as the CA gave it, and its key. PEM. */
export interface Issued {
  readonly certPem: string;
  readonly keyPem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * Gets one certificate: order, challenges, key and request, chain (RFC 8555 section 7.4). What was set for the challenges is
 * taken away again, however it ends.
 *
 * @throws AcmeError what the CA refused; Error when a challenge failed, or the CA did not get done in time
 */
export async function orderCertificate(
  client: acme.Client,
  names: readonly string[],
  { kind, solver }: { kind: "http-01" | "dns-01"; solver: Solver },
): Promise<Issued> {
  const order = await client.createOrder({ identifiers: names.map((value) => ({ type: "dns", value })) });
  await prove(client, order, { kind, solver });
  const keyPem = (await acme.crypto.createPrivateEcdsaKey()).toString();
  // Names stand in the alternative names only: the common name holds 64 characters and nobody reads it.
  const [, csr] = await acme.crypto.createCsr({ altNames: [...names] }, keyPem);
  const certPem = await client.getCertificate(await client.finalizeOrder(order, csr));
  const leaf = new X509Certificate(certPem);
  return { certPem, keyPem, notBefore: new Date(leaf.validFrom), notAfter: new Date(leaf.validTo) };
}

async function prove(
  client: acme.Client,
  order: acme.Order,
  { kind, solver }: { kind: "http-01" | "dns-01"; solver: Solver },
): Promise<void> {
  const set: Asked[] = [];
  try {
    const challenges = [];
    for (const authorization of await client.getAuthorizations(order)) {
      // Proven for an order before; the CA remembers for days.
      if (authorization.status === "valid") continue;
      const challenge = authorization.challenges.find(({ type }) => type === kind);
      if (!challenge) throw new Error(`the CA offers no ${kind} for ${authorization.identifier.value}`);
      const keyAuthorization = await client.getChallengeKeyAuthorization(challenge);
      const asked = { authorization, token: challenge.token, keyAuthorization };
      set.push(asked);
      await solver.set(asked);
      challenges.push(challenge);
    }
    if (set.length > 0) await solver.ready(set);
    for (const challenge of challenges) {
      await client.completeChallenge(challenge);
      await client.waitForValidStatus(challenge);
    }
  } finally {
    // What stays behind is harmless and cleaned up later; it must not hide why the order failed.
    await Promise.allSettled(set.map((asked) => solver.clear(asked)));
  }
}
