import { noSuch } from "../core/errors.ts";
import type { Customer } from "../core/objects.ts";
import type { World } from "../world.ts";

/**
 * A customer that was not deleted.
 * @param param names the parameter that the id came in; left out: the path
 * @throws StripeError resource_missing, 404 or 400
 */
export function getCustomer(world: World, id: string, param?: string): Customer {
  const customer = world.state.customers.get(id, param);
  if (customer.deleted) throw noSuch("customer", id, param ?? "id", param === undefined ? 404 : 400);
  return customer;
}
