import { z } from "zod";
import { cancelNow } from "../billing/cancel.ts";
import { noSuch, StripeError } from "../core/errors.ts";
import type { Customer } from "../core/objects.ts";
import {
  clearable,
  inRange,
  int,
  list,
  mergeMetadata,
  metadata,
  page,
  params,
  range,
  text,
} from "../core/params.ts";
import { pageOf, route } from "../core/routes.ts";
import type { World } from "../world.ts";
import { getCustomer } from "./get-customer.ts";
import { matches } from "./search.ts";
import { addTaxId, taxIdFields } from "./tax-ids.ts";

export const address = z.strictObject({
  city: z.string().optional(),
  country: z.string().optional(),
  line1: z.string().optional(),
  line2: z.string().optional(),
  postal_code: z.string().optional(),
  state: z.string().optional(),
});

const fields = {
  address: clearable(address).optional(),
  balance: int.optional(),
  description: z.string().optional(),
  email: z.string().max(512).optional(),
  invoice_settings: z.strictObject({ default_payment_method: z.string().optional() }).optional(),
  metadata: metadata.optional(),
  name: z.string().max(256).optional(),
  phone: z.string().optional(),
  preferred_locales: list(text).optional(),
  tax_exempt: z.enum(["", "none", "exempt", "reverse"]).optional(),
};

type Fields = z.output<z.ZodObject<typeof fields>>;

function apply(world: World, customer: Customer, input: Fields): void {
  if (input.email !== undefined && input.email !== "" && !input.email.includes("@")) {
    throw new StripeError(400, `Invalid email address: ${input.email}`, {
      code: "email_invalid",
      param: "email",
    });
  }
  const method = input.invoice_settings?.default_payment_method;
  if (method) {
    const found = world.state.paymentMethods.get(method, "invoice_settings[default_payment_method]");
    if (found.customer !== customer.id) {
      const message = `The customer does not have a payment method with the ID ${method}. The payment method must be attached to the customer.`;
      throw new StripeError(400, message, {
        code: "resource_missing",
        param: "invoice_settings[default_payment_method]",
      });
    }
  }
  for (const name of ["description", "email", "name", "phone"] as const) {
    const value = input[name];
    if (value !== undefined) customer[name] = value || null;
  }
  if (input.address !== undefined) {
    const empty = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };
    customer.address = input.address && { ...empty, ...input.address };
  }
  if (input.balance !== undefined) customer.balance = input.balance;
  if (input.preferred_locales) customer.preferred_locales = input.preferred_locales;
  if (input.tax_exempt !== undefined) customer.tax_exempt = input.tax_exempt || "none";
  if (method !== undefined) customer.invoice_settings.default_payment_method = method || null;
  customer.metadata = mergeMetadata(customer.metadata, input.metadata);
}

const createFields = {
  ...fields,
  payment_method: text.optional(),
  tax_id_data: z.array(z.strictObject(taxIdFields)).optional(),
  test_clock: text.optional(),
};

export function createCustomer(world: World, input: z.output<z.ZodObject<typeof createFields>>): Customer {
  const { state } = world;
  const testClock =
    input.test_clock === undefined ? null : state.testClocks.get(input.test_clock, "test_clock").id;
  const customer: Customer = {
    id: world.id("cus", 14),
    object: "customer",
    address: null,
    balance: 0,
    created: world.timeOf(testClock),
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    email: null,
    invoice_prefix: world.id("", 8).slice(1).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: "none",
    test_clock: testClock,
  };
  apply(world, customer, input);
  state.customers.add(customer);
  for (const taxId of input.tax_id_data ?? []) addTaxId(world, customer, taxId);
  world.emit("customer.created", customer);
  return customer;
}

export const customerRoutes = [
  route("POST", "/v1/customers", params(createFields), ({ world, input }) => createCustomer(world, input)),
  route(
    "GET",
    "/v1/customers",
    params({ ...page, email: text.optional(), test_clock: text.optional(), created: range.optional() }),
    ({ world, input }) => {
      // Customers of a test clock are hidden unless it is asked for.
      const rows = world.state.customers.newest(
        (customer) =>
          !customer.deleted &&
          customer.test_clock === (input.test_clock ?? null) &&
          (input.email === undefined || customer.email === input.email) &&
          (input.created === undefined || inRange(customer.created, input.created)),
      );
      return pageOf(rows, input, "/v1/customers", (id, param) => {
        throw noSuch("customer", id, param, 400);
      });
    },
  ),
  route(
    "GET",
    "/v1/customers/search",
    params({ query: text, limit: page.limit, page: text.optional() }),
    ({ world, input }) => {
      const found = world.state.customers.newest(
        (customer) => !customer.deleted && matches(input.query, { ...customer }),
      );
      const from = Number(input.page ?? 0);
      const until = from + input.limit;
      return {
        object: "search_result",
        data: found.slice(from, until),
        has_more: found.length > until,
        next_page: found.length > until ? String(until) : null,
        url: "/v1/customers/search",
      };
    },
  ),
  route("GET", "/v1/customers/:customer", params({}), ({ world, path }) => {
    const customer = world.state.customers.get(path.customer!);
    return customer.deleted ? { id: customer.id, object: "customer", deleted: true } : customer;
  }),
  route("POST", "/v1/customers/:customer", params(fields), ({ world, path, input }) => {
    const customer = getCustomer(world, path.customer!);
    const before = structuredClone(customer);
    apply(world, customer, input);
    world.emit("customer.updated", customer, changed(before, customer));
    return customer;
  }),
  route("DELETE", "/v1/customers/:customer", params({}), ({ world, path }) => {
    const customer = getCustomer(world, path.customer!);
    const running = world.state.subscriptions.filter(
      ({ customer: owner, ended_at }) => owner === customer.id && ended_at === null,
    );
    for (const subscription of running) cancelNow(world, subscription, { invoiceNow: false, prorate: false });
    customer.deleted = true;
    world.emit("customer.deleted", customer);
    return { id: customer.id, object: "customer", deleted: true };
  }),
];

/** What an update changed, as `previous_attributes` of its event: the old values. */
export function changed(before: object, after: object): Record<string, unknown> {
  const now = after as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(before).filter(
      ([name, value]) => !name.startsWith("_") && JSON.stringify(value) !== JSON.stringify(now[name]),
    ),
  );
}
