import {
  addTaxId,
  applyCoupon,
  cancelSubscription,
  cancelSubscriptionNow,
  changePlan,
  completeCheckout,
  getBilling,
  getInvoice,
  listInvoices,
  openPortal,
  payInvoice,
  previewChange,
  removeTaxId,
  resumeSubscription,
  startCheckout,
} from "../../billing/index.ts";
import {
  AddTaxIdInput,
  ApplyCouponInput,
  BillingOutput,
  CancelNowInput,
  ChangePlanInput,
  ChangePlanOutput,
  CompleteCheckoutInput,
  CompleteCheckoutOutput,
  InvoiceIdInput,
  InvoiceOutput,
  ListInvoicesInput,
  ListInvoicesOutput,
  OpenPortalInput,
  PlanChangeInput,
  PreviewOutput,
  StandingOutput,
  StartCheckoutInput,
  StartCheckoutOutput,
  TaxIdInput,
  TaxIdsOutput,
  UrlOutput,
} from "../../billing/schemas.ts";
import { router } from "../init.ts";
import { internalProcedure, memberProcedure } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

const tag = "Billing";

/** What a customer does with the account's money. Reading answers from our own rows; the rest asks Stripe. */
export const billingRouter = router({
  get: memberProcedure()
    .meta(rest("GET", "/api/billing", { tag, summary: "Plan, subscription, and what can be bought" }))
    .output(BillingOutput)
    .query(({ ctx }) => getBilling({ ctx: ctx.caller, billing: ctx.billing })),

  startCheckout: memberProcedure("billing")
    .meta(
      rest("POST", "/api/billing/checkout", {
        tag,
        summary: "Buy a plan",
        description: "Gives the address of Stripe's own page. An open order for the same is given again.",
      }),
    )
    .input(StartCheckoutInput)
    .output(StartCheckoutOutput)
    .mutation(({ ctx, input }) => startCheckout({ ctx: ctx.caller, deps: ctx, input })),

  completeCheckout: memberProcedure("billing")
    .meta(
      rest("POST", "/api/billing/checkout/complete", {
        tag,
        summary: "Take over what was bought",
        description: "Asks Stripe how the order stands, so that nobody has to wait for its notice.",
      }),
    )
    .input(CompleteCheckoutInput)
    .output(CompleteCheckoutOutput)
    .mutation(({ ctx, input }) => completeCheckout({ ctx: ctx.caller, deps: ctx, input })),

  previewChange: memberProcedure("billing")
    .meta(
      rest("POST", "/api/billing/change/preview", {
        tag,
        summary: "What another plan or number of seats would cost",
      }),
    )
    .input(PlanChangeInput)
    .output(PreviewOutput)
    .mutation(({ ctx, input }) => previewChange({ ctx: ctx.caller, deps: ctx, input })),

  changePlan: memberProcedure("billing")
    .meta(
      rest("POST", "/api/billing/change", {
        tag,
        summary: "Change plan or seats",
        description:
          "More takes effect at once and is charged in proportion; less takes effect at the end of the period.",
      }),
    )
    .input(ChangePlanInput)
    .output(ChangePlanOutput)
    .mutation(({ ctx, input }) => changePlan({ ctx: ctx.caller, deps: ctx, input })),

  cancel: memberProcedure("billing")
    .meta(
      rest("POST", "/api/billing/cancel", { tag, summary: "End the subscription with its present period" }),
    )
    .output(StandingOutput)
    .mutation(({ ctx }) => cancelSubscription({ ctx: ctx.caller, deps: ctx })),

  resume: memberProcedure("billing")
    .meta(
      rest("POST", "/api/billing/resume", {
        tag,
        summary: "Keep a subscription that was to end, and the plan that was to change",
      }),
    )
    .output(StandingOutput)
    .mutation(({ ctx }) => resumeSubscription({ ctx: ctx.caller, deps: ctx })),

  openPortal: memberProcedure("billing")
    .meta(
      rest("POST", "/api/billing/portal", {
        tag,
        summary: "Stripe's own page for payment methods, address and tax ids",
      }),
    )
    .input(OpenPortalInput)
    .output(UrlOutput)
    .mutation(({ ctx, input }) => openPortal({ ctx: ctx.caller, deps: ctx, input })),

  invoices: memberProcedure()
    .meta(rest("GET", "/api/billing/invoices", { tag, summary: "Invoices, newest first" }))
    .input(ListInvoicesInput)
    .output(ListInvoicesOutput)
    .query(({ ctx, input }) => listInvoices({ ctx: ctx.caller, input })),

  invoice: memberProcedure()
    .meta(rest("GET", "/api/billing/invoices/{id}", { tag, summary: "One invoice with its lines" }))
    .input(InvoiceIdInput)
    .output(InvoiceOutput)
    .query(({ ctx, input }) => getInvoice({ ctx: ctx.caller, deps: ctx, input })),

  payInvoice: memberProcedure("billing")
    .meta(
      rest("POST", "/api/billing/invoices/{id}/pay", {
        tag,
        summary: "Stripe's page on which an open invoice is paid",
      }),
    )
    .input(InvoiceIdInput)
    .output(UrlOutput)
    .mutation(({ ctx, input }) => payInvoice({ ctx: ctx.caller, deps: ctx, input })),

  addTaxId: memberProcedure("billing")
    .meta(rest("POST", "/api/billing/tax-ids", { tag, summary: "Put a tax id on invoices" }))
    .input(AddTaxIdInput)
    .output(TaxIdsOutput)
    .mutation(({ ctx, input }) => addTaxId({ ctx: ctx.caller, deps: ctx, input })),

  removeTaxId: memberProcedure("billing")
    .meta(rest("DELETE", "/api/billing/tax-ids/{id}", { tag, summary: "Take a tax id off invoices" }))
    .input(TaxIdInput)
    .output(TaxIdsOutput)
    .mutation(({ ctx, input }) => removeTaxId({ ctx: ctx.caller, deps: ctx, input })),

  applyCoupon: memberProcedure("billing")
    .meta(rest("POST", "/api/billing/coupon", { tag, summary: "Use a promotion code" }))
    .input(ApplyCouponInput)
    .output(StandingOutput)
    .mutation(({ ctx, input }) => applyCoupon({ ctx: ctx.caller, deps: ctx, input })),

  cancelNow: internalProcedure
    .meta(
      rest("POST", "/api/internal/tenants/{tenantId}/subscription/cancel", {
        tag: "Relay-internal",
        summary: "End the subscription of an account at once, with an invoice for what was used",
      }),
    )
    .input(CancelNowInput)
    .output(StandingOutput)
    .mutation(({ ctx, input }) =>
      cancelSubscriptionNow({ db: ctx.db, requestId: ctx.requestId, deps: ctx }, input),
    ),
});
