import * as z from "zod";
import { bodyInteger, bodyNumber, idInput, slugInput, timestamp } from "../schemas.ts";

export const ConnectorSummary = z.object({
  connectorId: z.string(),
  deviceId: z.string().nullable(),
  deviceName: z.string().nullable(),
  address: z.string().nullable(),
  version: z.string().nullable(),
  /** Start of the present or last time online. */
  since: timestamp.nullable(),
  latencyMs: z.number().nullable(),
  status: z.enum(["online", "offline"]),
});
export type ConnectorSummary = z.infer<typeof ConnectorSummary>;

export const IssueConnectorInput = z.object({ endpointSlug: slugInput });
export type IssueConnectorInput = z.infer<typeof IssueConnectorInput>;

export const IssueConnectorOutput = z.object({
  connectorId: z.string(),
  connectorToken: z.string().describe("JWT for the relay, shown this once"),
  relayUrl: z.string().describe("WebSocket to open"),
  expiresAt: timestamp,
});
export type IssueConnectorOutput = z.infer<typeof IssueConnectorOutput>;

export const HeartbeatInput = z.object({
  connectorId: idInput,
  status: z.enum(["online", "offline"]),
  capacity: bodyInteger.refine((value) => value >= 0 && value <= 1_000_000, "0 to 1,000,000").optional(),
  version: z.string().max(64).optional(),
  remoteAddress: z.string().max(64).optional(),
  latencyMs: bodyNumber.refine((value) => value >= 0 && value <= 3_600_000, "0 to 3,600,000").optional(),
});
export type HeartbeatInput = z.infer<typeof HeartbeatInput>;

export const VerifyConnectorInput = z.object({ connectorToken: z.string().min(1).max(4000) });

export const VerifyConnectorOutput = z.discriminatedUnion("valid", [
  z.object({
    valid: z.literal(true),
    connectorId: z.string(),
    tenantId: z.string(),
    endpointId: z.string(),
    slug: z.string(),
    deviceId: z.string().nullable(),
    expiresAt: timestamp,
  }),
  z.object({
    valid: z.literal(false),
    reason: z.enum([
      "malformed",
      "signature",
      "expired",
      "audience",
      "revoked",
      "license",
      "suspended",
      "unknown",
    ]),
  }),
]);
export type VerifyConnectorOutput = z.infer<typeof VerifyConnectorOutput>;

export const ConnectorStatusOutput = z.object({
  slug: z.string(),
  online: z.boolean(),
  connectors: z.array(z.object({ connectorId: z.string(), since: timestamp.nullable() })),
});
export type ConnectorStatusOutput = z.infer<typeof ConnectorStatusOutput>;

export const ConnectorIdInput = z.object({ connectorId: idInput });
export type ConnectorIdInput = z.infer<typeof ConnectorIdInput>;

/** One picture of an endpoint's connectors, as `watch` sends it. */
export const ConnectorsSnapshot = z.object({
  slug: z.string(),
  status: z.enum(["active", "suspended", "unpaid"]),
  online: z.boolean(),
  connectors: z.array(ConnectorSummary),
});
export type ConnectorsSnapshot = z.infer<typeof ConnectorsSnapshot>;
