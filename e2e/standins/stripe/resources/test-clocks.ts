import { runUntil } from "../billing/due.ts";
import { boundary } from "../billing/period.ts";
import { badParam, StripeError } from "../core/errors.ts";
import type { TestClock } from "../core/event-objects.ts";
import { page, params, text, timestamp } from "../core/params.ts";
import { route } from "../core/routes.ts";
import type { World } from "../world.ts";
import { listed } from "./listed.ts";

const KEPT_SECONDS = 30 * 86_400;

/** At most two periods of the shortest subscription at once (section 14); two years without one. */
function furthest(world: World, clock: TestClock): number {
  const ends = world.state.subscriptions
    .filter(({ test_clock, ended_at }) => test_clock === clock.id && ended_at === null)
    .map(({ items }) => boundary(clock.frozen_time, items.data[0]!.price.recurring!, 2));
  return Math.min(...ends, clock.frozen_time + 2 * 366 * 86_400);
}

function advance(world: World, clock: TestClock, to: number): TestClock {
  if (clock.status !== "ready") {
    throw new StripeError(400, "The test clock is already advancing.", { code: "test_clock_not_ready" });
  }
  if (to <= clock.frozen_time)
    throw badParam("frozen_time", "`frozen_time` must be after the current frozen time of the clock.");
  if (to > furthest(world, clock)) {
    throw badParam(
      "frozen_time",
      "You can advance a test clock at most two intervals of the shortest subscription at a time.",
    );
  }
  clock.status = "advancing";
  clock.status_details = { advancing: { target_frozen_time: to } };
  world.emit("test_helpers.test_clock.advancing", clock);
  // Answered before the work is done: callers have to ask until it is ready.
  setImmediate(() => {
    runUntil(world, clock.id, to, (at) => {
      clock.frozen_time = at;
    });
    clock.status = "ready";
    clock.status_details = {};
    world.emit("test_helpers.test_clock.ready", clock);
    world.onChange();
  });
  return { ...clock };
}

export const testClockRoutes = [
  route(
    "POST",
    "/v1/test_helpers/test_clocks",
    params({ frozen_time: timestamp, name: text.optional() }),
    ({ world, input }) =>
      world.state.testClocks.add({
        id: world.id("clock"),
        object: "test_helpers.test_clock",
        created: world.clock.now(),
        deletes_after: world.clock.now() + KEPT_SECONDS,
        frozen_time: input.frozen_time,
        livemode: false,
        name: input.name ?? null,
        status: "ready",
        status_details: {},
      }),
  ),
  route("GET", "/v1/test_helpers/test_clocks", params(page), ({ world, input }) =>
    listed(world.state.testClocks, input, "/v1/test_helpers/test_clocks"),
  ),
  route("GET", "/v1/test_helpers/test_clocks/:id", params({}), ({ world, path }) =>
    world.state.testClocks.get(path.id!),
  ),
  route(
    "POST",
    "/v1/test_helpers/test_clocks/:id/advance",
    params({ frozen_time: timestamp }),
    ({ world, path, input }) => advance(world, world.state.testClocks.get(path.id!), input.frozen_time),
  ),
  // What belongs to a clock goes with it.
  route("DELETE", "/v1/test_helpers/test_clocks/:id", params({}), ({ world, path }) => {
    const { id } = world.state.testClocks.get(path.id!);
    for (const table of [world.state.subscriptions, world.state.invoices, world.state.customers]) {
      for (const row of table.filter(({ test_clock }: { test_clock: string | null }) => test_clock === id))
        table.delete(row.id);
    }
    world.state.testClocks.delete(id);
    return { id, object: "test_helpers.test_clock", deleted: true };
  }),
];
