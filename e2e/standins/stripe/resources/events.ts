import { z } from "zod";
import { bool, inRange, page, params, range, text } from "../core/params.ts";
import { route } from "../core/routes.ts";
import { listed } from "./listed.ts";

/** Events are kept that long. */
const KEPT_SECONDS = 30 * 24 * 3600;

export const eventRoutes = [
  route(
    "GET",
    "/v1/events",
    params({
      ...page,
      created: range.optional(),
      delivery_success: bool.optional(),
      type: text.optional(),
      types: z.array(text).max(20).optional(),
    }),
    ({ world, input }) => {
      const oldest = world.clock.now() - KEPT_SECONDS;
      const failed = new Set(
        [...world.state.deliveries.values()]
          .filter(({ state }) => state !== "delivered")
          .map(({ event }) => event),
      );
      return listed(
        world.state.events,
        input,
        "/v1/events",
        (event) =>
          event.created >= oldest &&
          (input.created === undefined || inRange(event.created, input.created)) &&
          (input.delivery_success === undefined || failed.has(event.id) !== input.delivery_success) &&
          (input.type === undefined || typeMatches(event.type, input.type)) &&
          (!input.types || input.types.includes(event.type)),
      );
    },
  ),
  route("GET", "/v1/events/:id", params({}), ({ world, path }) => world.state.events.get(path.id!)),
  route("GET", "/v2/core/events/:id", params({}), ({ world, path }) => world.state.thinEvents.get(path.id!)),
];

/** `customer.*` stands for all below. */
const typeMatches = (type: string, wanted: string) =>
  wanted.endsWith("*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
