import * as z from "zod";
import { ConnectorSummary } from "../connectors/schemas.ts";
import { bodyBoolean, slugInput, timestamp } from "../schemas.ts";

const upstreamBaseUrl = z
  .string()
  .max(2000)
  .describe("Forward straight to this http(s) URL, without a connector")
  .meta({ example: "https://llm.example.org" });

export const EndpointStatus = z.enum(["active", "suspended", "unpaid"]);
export type EndpointStatus = z.infer<typeof EndpointStatus>;

/** The part that machines get. */
export const EndpointIdentity = z.object({
  id: z.string(),
  slug: z.string(),
  publicBaseUrl: z.string(),
  status: EndpointStatus,
});
export type EndpointIdentity = z.infer<typeof EndpointIdentity>;

/**
 * How tokens of requests to models are counted: `ask` adds a wish for usage to streamed chats and takes its event out of the
 * answer, `read` takes what comes by itself, `off` counts none.
 */
export const UsageMode = z.enum(["ask", "read", "off"]);
export type UsageMode = z.infer<typeof UsageMode>;

export const EndpointSummary = EndpointIdentity.extend({
  /** A connector is connected, or it forwards without one. */
  online: z.boolean(),
  connectorCount: z.number(),
  requireAccessKey: z.boolean(),
  upstreamBaseUrl: z.string().nullable(),
  usageMode: UsageMode,
  createdAt: timestamp,
});
export type EndpointSummary = z.infer<typeof EndpointSummary>;

export const EndpointDetail = EndpointSummary.extend({
  tokenHint: z.string(),
  tokenRotatedAt: timestamp,
  connectors: z.array(ConnectorSummary),
});
export type EndpointDetail = z.infer<typeof EndpointDetail>;

export const RegisterEndpointInput = z.object({
  slug: slugInput,
  upstreamBaseUrl: upstreamBaseUrl.optional(),
});
export type RegisterEndpointInput = z.infer<typeof RegisterEndpointInput>;

export const RegisterEndpointOutput = z.object({
  endpoint: EndpointIdentity,
  endpointToken: z.string().describe("hs_ep_…, shown this once"),
});
export type RegisterEndpointOutput = z.infer<typeof RegisterEndpointOutput>;

export const AvailabilityReason = z.enum([
  "too_short",
  "too_long",
  "characters",
  "reserved",
  "brand",
  "lookalike",
  "taken",
  "cooldown",
]);
export const AvailabilityOutput = z.object({
  slug: z.string().describe("As it would be stored"),
  available: z.boolean(),
  reason: AvailabilityReason.nullable(),
  message: z.string(),
  suggestions: z.array(z.string()).describe("Free names like it, best first"),
});
export type AvailabilityOutput = z.infer<typeof AvailabilityOutput>;

export const EndpointSlugInput = z.object({ slug: slugInput });
export type EndpointSlugInput = z.infer<typeof EndpointSlugInput>;

/** Without a slug: the tenant's only endpoint. */
export const OptionalSlugInput = z.object({ slug: slugInput.optional() });
export type OptionalSlugInput = z.infer<typeof OptionalSlugInput>;

export const EndpointDetailsOutput = z.object({
  endpoint: EndpointIdentity.nullable().describe("null: the license has no endpoint yet"),
  relay: z.object({
    online: z.boolean(),
    connectors: z.array(
      z.object({
        connectorId: z.string(),
        deviceId: z.string().nullable(),
        version: z.string().nullable(),
        address: z.string().nullable(),
        since: timestamp.nullable(),
        latencyMs: z.number().nullable(),
      }),
    ),
  }),
});
export type EndpointDetailsOutput = z.infer<typeof EndpointDetailsOutput>;

export const EndpointTokenOutput = z.object({
  endpointToken: z.string().describe("hs_ep_…, shown this once"),
});
export type EndpointTokenOutput = z.infer<typeof EndpointTokenOutput>;

export const UpdateEndpointInput = z.object({
  slug: slugInput,
  requireAccessKey: bodyBoolean.optional(),
  upstreamBaseUrl: upstreamBaseUrl.nullable().optional(),
  usageMode: UsageMode.optional().describe("How tokens of requests to models are counted"),
});
export type UpdateEndpointInput = z.infer<typeof UpdateEndpointInput>;

export const ReleaseEndpointOutput = z.object({
  slug: z.string(),
  availableAt: timestamp.describe("From then on others may claim the name"),
});
export type ReleaseEndpointOutput = z.infer<typeof ReleaseEndpointOutput>;

export const EndpointHealthOutput = z.object({
  slug: z.string(),
  status: EndpointStatus,
  online: z.boolean(),
  connectors: z.number(),
});
export type EndpointHealthOutput = z.infer<typeof EndpointHealthOutput>;

export const ListEndpointsOutput = z.object({ endpoints: z.array(EndpointSummary) });
