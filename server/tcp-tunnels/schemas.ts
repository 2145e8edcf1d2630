import * as z from "zod";
import { bodyInteger, idInput, slugInput, timestamp } from "../schemas.ts";

const tunnelName = z
  .string()
  .max(32)
  .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, "1 to 32 of a-z, 0-9 and inner hyphens")
  .describe("What the connector calls it, unique within the endpoint; the local port is a good one")
  .meta({ example: "22" });

export const TcpTunnelSummary = z.object({
  id: z.string(),
  endpointSlug: z.string(),
  name: z.string(),
  port: z.number(),
  publicAddress: z.string().describe("Host and port").meta({ example: "acme.example.com:20022" }),
  state: z
    .enum(["online", "offline", "blocked"])
    .describe("blocked: the relay cannot listen at the port, and keeps trying"),
  fault: z.string().nullable().describe("Why it is blocked"),
  createdAt: timestamp,
});
export type TcpTunnelSummary = z.infer<typeof TcpTunnelSummary>;

export const OpenTcpTunnelInput = z.object({
  endpointSlug: slugInput,
  name: tunnelName,
  port: bodyInteger
    .optional()
    .describe("This port of your own block; without it the one that the name had before, or a free one"),
});
export type OpenTcpTunnelInput = z.infer<typeof OpenTcpTunnelInput>;

export const OpenTcpTunnelOutput = z.object({ tunnel: TcpTunnelSummary });
export type OpenTcpTunnelOutput = z.infer<typeof OpenTcpTunnelOutput>;

export const ListTcpTunnelsInput = z.object({ slug: slugInput.optional() });
export type ListTcpTunnelsInput = z.infer<typeof ListTcpTunnelsInput>;

export const ListTcpTunnelsOutput = z.object({
  tunnels: z.array(TcpTunnelSummary),
  configured: z.boolean().describe("Whether this installation has ports for TCP tunnels"),
  limit: z.number().describe("Ports the plan allows, for all endpoints together"),
  used: z.number(),
  ranges: z
    .array(z.object({ first: z.number(), last: z.number() }))
    .describe("Ports that are kept for you, both ends included"),
});
export type ListTcpTunnelsOutput = z.infer<typeof ListTcpTunnelsOutput>;

export const TcpTunnelIdInput = z.object({ id: idInput });
export type TcpTunnelIdInput = z.infer<typeof TcpTunnelIdInput>;

export const ReleaseTcpTunnelOutput = z.object({
  name: z.string(),
  port: z.number(),
  availableAt: timestamp.describe("Not before then may others get the port"),
});
export type ReleaseTcpTunnelOutput = z.infer<typeof ReleaseTcpTunnelOutput>;
