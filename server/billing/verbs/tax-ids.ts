import type { Stripe } from "stripe";
import { DomainError } from "../../errors.ts";
import type { AddTaxIdInput, TaxIdsOutput } from "../schemas.ts";
import { isMissing, isRefused } from "../stripe-errors.ts";
import { readTaxIds } from "../sync/read-customer.ts";
import { storeTaxIds } from "../sync/store.ts";
import { summarizeTaxId } from "../tax-id.ts";
import { type BillingArgs, type Mutation, mutateBilling } from "./mutation.ts";

/**
 * Puts a tax id on the account's invoices from now on. One that is there already stays as it is.
 * @throws DomainError invalid/tax_id_invalid
 */
export function addTaxId(args: BillingArgs & { input: AddTaxIdInput }): Promise<TaxIdsOutput> {
  const { type, value } = args.input;
  return mutateBilling(args, async (mutation) => {
    const customer = await mutation.ensureCustomer();
    const present = await readTaxIds(mutation.stripe, customer);
    if (!present.some((taxId) => taxId.type === type && plain(taxId.value) === plain(value))) {
      const added = await mutation
        .order("tax-id", { customer, type, value, besides: present.map(({ id }) => id) }, (idempotencyKey) =>
          mutation.stripe.customers.createTaxId(
            customer,
            { type, value } as Stripe.CustomerCreateTaxIdParams,
            {
              idempotencyKey,
            },
          ),
        )
        .catch((error: unknown) => {
          if (!isRefused(error)) throw error;
          throw new DomainError(
            "invalid",
            "tax_id_invalid",
            `this is no valid tax id of the kind ${type}`,
            { field: error.param === "type" ? "type" : "value" },
            { cause: error },
          );
        });
      await mutation.audit({ action: "billing.add_tax_id", subject: added.id, detail: { type } });
    }
    return takeOver(mutation, customer);
  });
}

/** Takes a tax id off later invoices. @throws DomainError not_found/tax_id_not_found */
export function removeTaxId(args: BillingArgs & { input: { id: string } }): Promise<TaxIdsOutput> {
  const { id } = args.input;
  return mutateBilling(args, async (mutation) => {
    const customer = await mutation.ensureCustomer();
    // Under the customer of the tenant, so nobody else's is found.
    await mutation.stripe.customers.deleteTaxId(customer, id).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
      throw new DomainError("not_found", "tax_id_not_found", "there is no such tax id");
    });
    await mutation.audit({ action: "billing.remove_tax_id", subject: id });
    return takeOver(mutation, customer);
  });
}

async function takeOver(mutation: Mutation, customer: string): Promise<TaxIdsOutput> {
  const taxIds = (await readTaxIds(mutation.stripe, customer)).map(summarizeTaxId);
  await storeTaxIds(mutation.db, mutation.tenantId, taxIds);
  return { taxIds };
}

/** People write the same number with and without spaces. */
const plain = (value: string) => value.replace(/[\s.-]/g, "").toUpperCase();
