import { z } from "zod";
import type { WebhookEndpoint } from "../core/event-objects.ts";
import { bool, mergeMetadata, metadata, page, params, text } from "../core/params.ts";
import { route } from "../core/routes.ts";
import type { World } from "../world.ts";
import { listed } from "./listed.ts";

const url = z.url({ protocol: /^https?$/ });

/** @param options.secret drawn when left out */
export function addEndpoint(
  world: World,
  options: {
    url: string;
    secret?: string | undefined;
    thin: boolean;
    events: string[];
    apiVersion?: string | undefined;
  },
): WebhookEndpoint {
  return world.state.webhookEndpoints.add({
    id: world.id("we"),
    object: "webhook_endpoint",
    api_version: options.apiVersion ?? null,
    application: null,
    created: world.clock.now(),
    description: null,
    enabled_events: options.events,
    livemode: false,
    metadata: {},
    status: "enabled",
    url: options.url,
    _secret: options.secret ?? world.id("whsec", 32),
    _thin: options.thin,
  });
}

export const webhookEndpointRoutes = [
  route(
    "POST",
    "/v1/webhook_endpoints",
    params({
      api_version: text.optional(),
      description: text.optional(),
      enabled_events: z.array(text).min(1),
      metadata: metadata.optional(),
      url,
    }),
    ({ world, input }) => {
      const endpoint = addEndpoint(world, {
        url: input.url,
        thin: false,
        events: input.enabled_events,
        apiVersion: input.api_version,
      });
      endpoint.description = input.description ?? null;
      endpoint.metadata = mergeMetadata({}, input.metadata);
      // The secret is told this once.
      return { ...endpoint, secret: endpoint._secret };
    },
  ),
  route("GET", "/v1/webhook_endpoints", params(page), ({ world, input }) =>
    listed(world.state.webhookEndpoints, input, "/v1/webhook_endpoints", ({ _thin }) => !_thin),
  ),
  route("GET", "/v1/webhook_endpoints/:id", params({}), ({ world, path }) =>
    world.state.webhookEndpoints.get(path.id!),
  ),
  route(
    "POST",
    "/v1/webhook_endpoints/:id",
    params({
      description: z.string().optional(),
      disabled: bool.optional(),
      enabled_events: z.array(text).min(1).optional(),
      metadata: metadata.optional(),
      url: url.optional(),
    }),
    ({ world, path, input }) => {
      const endpoint = world.state.webhookEndpoints.get(path.id!);
      if (input.url) endpoint.url = input.url;
      if (input.enabled_events) endpoint.enabled_events = input.enabled_events;
      if (input.disabled !== undefined) endpoint.status = input.disabled ? "disabled" : "enabled";
      if (input.description !== undefined) endpoint.description = input.description || null;
      endpoint.metadata = mergeMetadata(endpoint.metadata, input.metadata);
      return endpoint;
    },
  ),
  route("DELETE", "/v1/webhook_endpoints/:id", params({}), ({ world, path }) => {
    const { id } = world.state.webhookEndpoints.get(path.id!);
    world.state.webhookEndpoints.delete(id);
    return { id, object: "webhook_endpoint", deleted: true };
  }),
];
