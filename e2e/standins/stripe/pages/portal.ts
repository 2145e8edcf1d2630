import { cancelNow, setCancellation } from "../billing/cancel.ts";
import { makePaymentMethod, trySetUp } from "../billing/cards.ts";
import { changeSubscription } from "../billing/subscription-state.ts";
import type { Subscription } from "../core/billing-objects.ts";
import { StripeError } from "../core/errors.ts";
import { decodeForm, type FormObject } from "../core/form.ts";
import { changed } from "../resources/customers.ts";
import { confirmSetup, makeSetupIntent } from "../resources/payments.ts";
import { hasFeature } from "../resources/portal.ts";
import { addTaxId } from "../resources/tax-ids.ts";
import type { Incoming, Outgoing } from "../server.ts";
import type { World } from "../world.ts";
import { field, readCard } from "./fields.ts";
import { notice, redirect } from "./layout.ts";
import { type PortalContext, running } from "./portal-context.ts";
import { cancelView, cardView, detailsView, homeView } from "./portal-views.ts";

/** `/p/session/<secret>`: opens once; from then on a cookie of the browser does. */
export function openPortal(world: World, secret: string): Outgoing {
  const session = [...world.state.portalSessions.values()].find(({ _secret }) => _secret === secret);
  if (!session || session._opened || world.now(session.customer) - session.created > 300) {
    return notice("This link has expired", "Go back to where you came from and ask for a new one.");
  }
  session._opened = true;
  session._cookie = world.id("pc", 32);
  world.onChange();
  const pages = {
    payment_method_update: "card",
    subscription_cancel: "cancel",
    customer_update: "details",
  } as const;
  const first = session.flow ? `/${pages[session.flow.type]}` : "";
  return redirect(
    `/p/${session.id}${first}`,
    `portal=${session._cookie}; Path=/p/${session.id}; HttpOnly; SameSite=Lax`,
  );
}

/** `/p/<session>[/card|/cancel|/resume|/details|/default|/remove]` */
export function portalPage(world: World, id: string, what: string, incoming: Incoming): Outgoing {
  const session = world.state.portalSessions.find(id);
  const cookie = /(?:^|;\s*)portal=([^;]+)/.exec(incoming.headers.cookie ?? "")?.[1];
  if (!session || session._cookie === null || cookie !== session._cookie) {
    return notice("This link has expired", "Go back to where you came from and ask for a new one.");
  }
  const context: PortalContext = { world, session, customer: world.state.customers.get(session.customer) };
  if (incoming.method !== "POST") return view(context, what, {}, null);
  const form = decodeForm(incoming.body);
  try {
    return act(context, what, form);
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    return view(context, what, form, error.message);
  } finally {
    world.onChange();
  }
}

function view(context: PortalContext, what: string, form: FormObject, error: string | null): Outgoing {
  if (what === "card" && hasFeature(context.world, context.session, "payment_method_update"))
    return cardView(context, form, error);
  if (what === "details" && hasFeature(context.world, context.session, "customer_update"))
    return detailsView(context, form, error);
  if (what === "cancel" && hasFeature(context.world, context.session, "subscription_cancel")) {
    const subscription = wantedSubscription(context, form);
    if (subscription) return cancelView(context, subscription, error);
  }
  return homeView(context, error);
}

function act(context: PortalContext, what: string, form: FormObject): Outgoing {
  switch (what) {
    case "card":
      return saveCard(context, form);
    case "default":
      setDefaultCard(context, field(form, "method"));
      return redirect(`/p/${context.session.id}`);
    case "details":
      return saveDetails(context, form);
    case "cancel":
      return cancel(context, form);
    case "resume":
      return resume(context, form);
    default:
      return redirect(`/p/${context.session.id}`);
  }
}

/** Where it goes on when the thing that the session was opened for is done. */
function done({ session }: PortalContext): Outgoing {
  const after = session.flow?.after_completion;
  if (after?.type === "redirect" && after.redirect) return redirect(after.redirect.return_url);
  if (after?.type === "hosted_confirmation") {
    return notice(
      "Done",
      "Your change has been saved.",
      session.return_url === null ? null : { url: session.return_url, label: "Back" },
    );
  }
  return redirect(`/p/${session.id}`);
}

function saveCard(context: PortalContext, form: FormObject): Outgoing {
  const { world, customer, session } = context;
  const method = makePaymentMethod(world, readCard(form), world.now(customer));
  const intent = makeSetupIntent(world, customer.id, {});
  const returnUrl = session.flow?.after_completion.redirect?.return_url ?? `${world.url}/p/${session.id}`;
  // The bank's page knows nothing of the portal: the card is taken as the default before, and works once it is confirmed.
  const result = trySetUp(method);
  confirmSetup(world, intent, method.id, { authenticated: false, returnUrl });
  if (method.customer === null) {
    method.customer = customer.id;
    world.emit("payment_method.attached", method);
  }
  setDefaultCard(context, method.id);
  return result.kind === "action" ? redirect(intent.next_action!.redirect_to_url.url) : done(context);
}

/** The card of the customer, and of every subscription that has one of its own. */
function setDefaultCard({ world, customer }: PortalContext, id: string): void {
  const method = world.state.paymentMethods.get(id);
  if (method.customer !== customer.id) throw new StripeError(400, "This card belongs to somebody else.");
  const before = structuredClone(customer);
  customer.invoice_settings.default_payment_method = id;
  world.emit("customer.updated", customer, changed(before, customer));
  for (const subscription of running(world, customer)) {
    if (subscription.default_payment_method === null) continue;
    changeSubscription(world, subscription, () => {
      subscription.default_payment_method = id;
    });
  }
}

function saveDetails(context: PortalContext, form: FormObject): Outgoing {
  const { world, customer } = context;
  const taxId = field(form, "tax_id");
  if (taxId) addTaxId(world, customer, { type: field(form, "tax_type") || "eu_vat", value: taxId });
  const before = structuredClone(customer);
  customer.name = field(form, "name") || null;
  customer.email = field(form, "email") || customer.email;
  const text = (name: string) => field(form, name) || null;
  customer.address = {
    city: text("city"),
    country: text("country"),
    line1: text("line1"),
    line2: null,
    postal_code: text("postal_code"),
    state: null,
  };
  world.emit("customer.updated", customer, changed(before, customer));
  return done(context);
}

function wantedSubscription(
  { world, session, customer }: PortalContext,
  form: FormObject,
): Subscription | undefined {
  const id = field(form, "subscription") || session.flow?.subscription_cancel?.subscription;
  return running(world, customer).find((one) => (id ? one.id === id : one.cancel_at === null));
}

function cancel(context: PortalContext, form: FormObject): Outgoing {
  const { world, session } = context;
  const subscription = wantedSubscription(context, form);
  if (!subscription) throw new StripeError(400, "There is nothing to cancel.");
  const { features } = world.state.portalConfigurations.get(session.configuration);
  const immediately = (features.subscription_cancel as { mode?: string }).mode === "immediately";
  if (immediately) cancelNow(world, subscription, { invoiceNow: true, prorate: false });
  else
    changeSubscription(world, subscription, () =>
      setCancellation(world, subscription, { cancelAtPeriodEnd: true }),
    );
  return done(context);
}

function resume(context: PortalContext, form: FormObject): Outgoing {
  const { world, customer, session } = context;
  const subscription = running(world, customer).find(({ id }) => id === field(form, "subscription"));
  if (subscription)
    changeSubscription(world, subscription, () =>
      setCancellation(world, subscription, { cancelAtPeriodEnd: false }),
    );
  return redirect(`/p/${session.id}`);
}
