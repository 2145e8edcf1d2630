import { z } from "zod";
import { badParam } from "../core/errors.ts";
import { bool, mergeMetadata, metadata, page, params, text } from "../core/params.ts";
import type { PortalConfiguration, PortalSession } from "../core/payment-objects.ts";
import { route } from "../core/routes.ts";
import type { World } from "../world.ts";
import { changed } from "./customers.ts";
import { getCustomer } from "./get-customer.ts";
import { listed } from "./listed.ts";

const feature = (more: z.ZodRawShape = {}) => z.strictObject({ enabled: bool, ...more }).optional();
const updates = z.array(z.enum(["address", "email", "name", "phone", "shipping", "tax_id"]));

const configurationFields = {
  active: bool.optional(),
  business_profile: z
    .strictObject({
      headline: z.string().optional(),
      privacy_policy_url: z.string().optional(),
      terms_of_service_url: z.string().optional(),
    })
    .optional(),
  default_return_url: z.string().optional(),
  features: z
    .strictObject({
      customer_update: feature({ allowed_updates: z.union([z.literal(""), updates]).optional() }),
      invoice_history: feature(),
      payment_method_update: feature(),
      subscription_cancel: feature({
        mode: z.enum(["at_period_end", "immediately"]).optional(),
        proration_behavior: text.optional(),
      }),
      subscription_update: feature({ default_allowed_updates: z.array(text).optional() }),
    })
    .optional(),
  metadata: metadata.optional(),
  name: z.string().optional(),
};
type ConfigurationFields = z.output<z.ZodObject<typeof configurationFields>>;

function apply(configuration: PortalConfiguration, input: ConfigurationFields, now: number): void {
  if (input.active !== undefined) configuration.active = input.active;
  for (const name of ["headline", "privacy_policy_url", "terms_of_service_url"] as const) {
    const value = input.business_profile?.[name];
    if (value !== undefined) configuration.business_profile[name] = value || null;
  }
  if (input.default_return_url !== undefined)
    configuration.default_return_url = input.default_return_url || null;
  Object.assign(configuration.features, input.features);
  if (input.name !== undefined) configuration.name = input.name || null;
  configuration.metadata = mergeMetadata(configuration.metadata, input.metadata);
  configuration.updated = now;
}

function addConfiguration(world: World, input: ConfigurationFields, isDefault: boolean): PortalConfiguration {
  const now = world.clock.now();
  const configuration: PortalConfiguration = {
    id: world.id("bpc"),
    object: "billing_portal.configuration",
    active: true,
    business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
    created: now,
    default_return_url: null,
    features: {
      customer_update: { allowed_updates: ["email", "name", "address", "tax_id"], enabled: isDefault },
      invoice_history: { enabled: isDefault },
      payment_method_update: { enabled: isDefault },
      subscription_cancel: { enabled: isDefault, mode: "at_period_end", proration_behavior: "none" },
      subscription_update: { enabled: false, default_allowed_updates: [], products: null },
    },
    is_default: isDefault,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: {},
    name: null,
    updated: now,
  };
  apply(configuration, input, now);
  return world.state.portalConfigurations.add(configuration);
}

/** The one of the dashboard, where no other was made the default. */
function defaultConfiguration(world: World): PortalConfiguration {
  return (
    [...world.state.portalConfigurations.values()].find(({ is_default }) => is_default) ??
    addConfiguration(world, {}, true)
  );
}

const sessionFields = params({
  configuration: text.optional(),
  customer: text,
  flow_data: z
    .strictObject({
      after_completion: z
        .strictObject({
          type: z.enum(["portal_homepage", "redirect", "hosted_confirmation"]),
          redirect: z.strictObject({ return_url: text }).optional(),
        })
        .optional(),
      subscription_cancel: z.strictObject({ subscription: text }).optional(),
      type: z.enum(["payment_method_update", "subscription_cancel", "customer_update"]),
    })
    .optional(),
  locale: text.optional(),
  return_url: z.url().optional(),
});

function createSession(world: World, input: z.output<typeof sessionFields>): PortalSession {
  const customer = getCustomer(world, input.customer, "customer");
  const configuration =
    input.configuration === undefined
      ? defaultConfiguration(world)
      : world.state.portalConfigurations.get(input.configuration, "configuration");
  const flow = input.flow_data;
  if (flow?.type === "subscription_cancel") {
    const id = flow.subscription_cancel?.subscription;
    if (id === undefined)
      throw badParam(
        "flow_data[subscription_cancel]",
        "Missing required param: flow_data[subscription_cancel].",
        "parameter_missing",
      );
    const subscription = world.state.subscriptions.get(id, "flow_data[subscription_cancel][subscription]");
    if (subscription.ended_at !== null || subscription.cancel_at !== null) {
      throw badParam(
        "flow_data[subscription_cancel][subscription]",
        "This subscription is canceled or set to be canceled already.",
      );
    }
  }
  const secret = world.id("test", 32);
  return world.state.portalSessions.add({
    id: world.id("bps"),
    object: "billing_portal.session",
    configuration: configuration.id,
    created: world.now(customer),
    customer: customer.id,
    customer_account: null,
    flow: flow
      ? {
          after_completion: {
            hosted_confirmation: null,
            redirect: flow.after_completion?.redirect ?? null,
            type: flow.after_completion?.type ?? "portal_homepage",
          },
          subscription_cancel: flow.subscription_cancel
            ? { retention: null, subscription: flow.subscription_cancel.subscription }
            : null,
          subscription_update: null,
          subscription_update_confirm: null,
          type: flow.type,
        }
      : null,
    livemode: false,
    locale: null,
    on_behalf_of: null,
    return_url: input.return_url ?? configuration.default_return_url,
    url: `${world.url}/p/session/${secret}`,
    _secret: secret,
    _opened: false,
    _cookie: null,
  });
}

export const portalRoutes = [
  route("POST", "/v1/billing_portal/sessions", sessionFields, ({ world, input }) =>
    createSession(world, input),
  ),
  route("POST", "/v1/billing_portal/configurations", params(configurationFields), ({ world, input }) =>
    addConfiguration(world, input, false),
  ),
  route(
    "GET",
    "/v1/billing_portal/configurations",
    params({ ...page, active: bool.optional(), is_default: bool.optional() }),
    ({ world, input }) =>
      listed(
        world.state.portalConfigurations,
        input,
        "/v1/billing_portal/configurations",
        (one) =>
          (input.active === undefined || one.active === input.active) &&
          (input.is_default === undefined || one.is_default === input.is_default),
      ),
  ),
  route("GET", "/v1/billing_portal/configurations/:id", params({}), ({ world, path }) =>
    world.state.portalConfigurations.get(path.id!),
  ),
  route(
    "POST",
    "/v1/billing_portal/configurations/:id",
    params(configurationFields),
    ({ world, path, input }) => {
      const configuration = world.state.portalConfigurations.get(path.id!);
      const before = structuredClone(configuration);
      apply(configuration, input, world.clock.now());
      world.emit("billing_portal.configuration.updated", configuration, changed(before, configuration));
      return configuration;
    },
  ),
];

/** Whether a page of the portal is there for a session. */
export function hasFeature(world: World, session: PortalSession, name: string): boolean {
  const { features } = world.state.portalConfigurations.get(session.configuration);
  return (features[name] as { enabled?: boolean } | undefined)?.enabled === true;
}
