import { DomainError } from "../../errors.ts";
import type { UrlOutput } from "../schemas.ts";
import { type BillingArgs, mutateBilling } from "./mutation.ts";

/**
 * The page of Stripe on which an open invoice is paid, with any card, and asked by the bank where it wants to be.
 *
 * @throws DomainError not_found/invoice_not_found; conflict/invoice_not_open with its status
 */
export function payInvoice(args: BillingArgs & { input: { id: string } }): Promise<UrlOutput> {
  const { id } = args.input;
  return mutateBilling(args, async (mutation) => {
    const known = await mutation.db
      .selectFrom("invoices")
      .select("id")
      .where("tenant_id", "=", mutation.tenantId)
      .where("id", "=", id)
      .executeTakeFirst();
    if (!known) throw new DomainError("not_found", "invoice_not_found", "there is no such invoice");
    const { status, hosted_invoice_url: url } = await mutation.stripe.invoices.retrieve(id);
    if (status !== "open" || !url) {
      // Paid meanwhile, perhaps: whoever looks again sees it.
      await mutation.sync();
      throw new DomainError(
        "conflict",
        "invoice_not_open",
        `this invoice is ${status}: there is nothing to pay`,
        {
          status,
        },
      );
    }
    await mutation.audit({ action: "billing.pay_invoice", subject: id });
    return { url };
  });
}
