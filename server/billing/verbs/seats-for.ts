import { DomainError } from "../../errors.ts";
import { planOf } from "../../plans.ts";
import type { PaidPlan } from "../schemas.ts";
import { countSeatsUsed } from "../seats.ts";
import type { Mutation } from "./mutation.ts";

/**
 * Checks a number of seats against the plan and the people who have one.
 * @param wanted undefined: as many as are taken
 * @throws DomainError limit/seat_limit: the plan has fewer; conflict/seats_in_use: more people than seats
 */
export async function seatsFor(
  { db, tenantId }: Mutation,
  plan: PaidPlan,
  wanted: number | undefined,
): Promise<number> {
  const { title, maxSeats } = planOf(plan);
  const used = await countSeatsUsed(db, tenantId);
  const seats = wanted ?? Math.max(used, 1);
  if (seats > maxSeats) {
    const many = maxSeats === 1 ? "one seat" : `${maxSeats} seats`;
    throw new DomainError("limit", "seat_limit", `the plan ${title} has at most ${many}`, {
      field: "seats",
      limit: maxSeats,
      used: seats,
    });
  }
  if (seats < used) {
    throw new DomainError(
      "conflict",
      "seats_in_use",
      `${used} seats are taken by members and invitations: remove some first, or take more seats`,
      { field: "seats", limit: seats, used },
    );
  }
  return seats;
}
