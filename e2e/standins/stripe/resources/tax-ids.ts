import { noSuch, StripeError } from "../core/errors.ts";
import type { Customer, TaxId } from "../core/objects.ts";
import { page, params, text } from "../core/params.ts";
import { pageOf, route } from "../core/routes.ts";
import type { World } from "../world.ts";
import { getCustomer } from "./get-customer.ts";

export const taxIdFields = { type: text, value: text };

/** Formats of the kinds that are used most; the others are taken as they are. */
const FORMATS: Record<string, RegExp> = {
  eu_vat: /^[A-Z]{2}[0-9A-Z+*]{2,12}$/,
  gb_vat: /^GB(\d{9}|\d{12})$/,
  ch_vat: /^CHE-?\d{3}\.?\d{3}\.?\d{3} ?(MWST|TVA|IVA)$/,
  us_ein: /^\d{2}-?\d{7}$/,
  au_abn: /^\d{11}$/,
  in_gst: /^[0-9A-Z]{15}$/,
};

/** @throws StripeError 400 tax_id_invalid */
export function addTaxId(
  world: World,
  customer: Customer,
  { type, value }: { type: string; value: string },
): TaxId {
  if (!/^[a-z]{2}_[a-z_0-9]+$/.test(type))
    throw new StripeError(400, `Invalid type: ${type}`, { param: "type" });
  if (FORMATS[type] && !FORMATS[type].test(value.trim())) {
    throw new StripeError(400, `Invalid value for ${type}.`, { code: "tax_id_invalid", param: "value" });
  }
  const taxId: TaxId = {
    id: world.id("txi"),
    object: "tax_id",
    country: type === "eu_vat" ? value.slice(0, 2) : type.slice(0, 2).toUpperCase(),
    created: world.now(customer),
    customer: customer.id,
    livemode: false,
    owner: { customer: customer.id, type: "customer" },
    type,
    value: value.trim(),
    verification: { status: "verified", verified_address: null, verified_name: null },
  };
  world.state.taxIds.add(taxId);
  world.emit("customer.tax_id.created", taxId);
  return taxId;
}

function getTaxId(world: World, customer: string, id: string): TaxId {
  const taxId = world.state.taxIds.get(id);
  if (taxId.customer !== getCustomer(world, customer).id) throw noSuch("tax_id", id);
  return taxId;
}

export const taxIdRoutes = [
  route("POST", "/v1/customers/:customer/tax_ids", params(taxIdFields), ({ world, path, input }) =>
    addTaxId(world, getCustomer(world, path.customer!), input),
  ),
  route("GET", "/v1/customers/:customer/tax_ids", params(page), ({ world, path, input }) => {
    const { id } = getCustomer(world, path.customer!);
    const rows = world.state.taxIds.newest(({ customer }) => customer === id);
    return pageOf(rows, input, `/v1/customers/${id}/tax_ids`, (missing, param) => {
      throw noSuch("tax_id", missing, param, 400);
    });
  }),
  route("GET", "/v1/customers/:customer/tax_ids/:id", params({}), ({ world, path }) =>
    getTaxId(world, path.customer!, path.id!),
  ),
  route("DELETE", "/v1/customers/:customer/tax_ids/:id", params({}), ({ world, path }) => {
    const taxId = getTaxId(world, path.customer!, path.id!);
    world.state.taxIds.delete(taxId.id);
    world.emit("customer.tax_id.deleted", taxId);
    return { id: taxId.id, object: "tax_id", deleted: true };
  }),
];
