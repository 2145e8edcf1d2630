import * as z from "zod";
import { idInput, slugInput, timestamp } from "../schemas.ts";

export const DomainState = z
  .enum(["pending", "verified", "issuing", "active", "failed", "lapsed"])
  .describe(
    "pending: waits for the TXT record. verified: proven, but the name does not lead here yet. issuing: a certificate is being ordered. active: served. failed: see reason. lapsed: the TXT record went away, no longer served",
  );
export type DomainState = z.infer<typeof DomainState>;

export const DomainRecord = z.object({
  type: z.enum(["TXT", "CNAME"]),
  name: z.string().meta({ example: "_hotspot.api.customer.com" }),
  value: z.string(),
  found: z
    .boolean()
    .nullable()
    .describe("At the last check; null: not looked for yet, or DNS did not answer"),
});
export type DomainRecord = z.infer<typeof DomainRecord>;

export const DomainSummary = z.object({
  id: z.string(),
  host: z.string().describe("ASCII, lower case"),
  endpointSlug: z.string(),
  url: z.string(),
  state: DomainState,
  reason: z.string().nullable().describe("Why it is in this state, in words"),
  served: z.boolean().describe("Requests for this host reach the endpoint"),
  records: z.array(DomainRecord).describe("What to set in the domain's DNS"),
  certificate: z
    .object({
      notAfter: timestamp.nullable(),
      error: z.string().nullable(),
      nextTryAt: timestamp.nullable().describe("The next order: a renewal, or another try"),
    })
    .nullable()
    .describe("null: none is wished for, or the operator brings certificates"),
  createdAt: timestamp,
  checkedAt: timestamp.nullable(),
  nextCheckAt: timestamp.nullable(),
});
export type DomainSummary = z.infer<typeof DomainSummary>;

export const AddDomainInput = z.object({
  endpointSlug: slugInput,
  host: z.string().min(1).max(500).describe("Host name of yours").meta({ example: "api.customer.com" }),
});
export type AddDomainInput = z.infer<typeof AddDomainInput>;

export const ListDomainsInput = z.object({ slug: slugInput.optional().describe("Only of this endpoint") });
export type ListDomainsInput = z.infer<typeof ListDomainsInput>;

export const ListDomainsOutput = z.object({
  domains: z.array(DomainSummary),
  certificates: z
    .enum(["off", "acme"])
    .describe("off: the operator terminates TLS and brings certificates itself"),
  limit: z.number().describe("Custom domains that the plan allows"),
  used: z.number().describe("Of all endpoints of the account"),
});
export type ListDomainsOutput = z.infer<typeof ListDomainsOutput>;

export const DomainIdInput = z.object({ id: idInput });
export type DomainIdInput = z.infer<typeof DomainIdInput>;

export const RemovedDomainOutput = z.object({ id: z.string(), host: z.string() });
export type RemovedDomainOutput = z.infer<typeof RemovedDomainOutput>;
