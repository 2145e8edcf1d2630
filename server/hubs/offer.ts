import type { Db } from "../../db/client.ts";
import { type Plan, planOf, plans } from "../plans.ts";
import { bucketPricesOf } from "../pricing/index.ts";
import type { HubDeps } from "./deps.ts";
import { countManagedHubs } from "./internal.ts";
import type { HubOffer } from "./schemas.ts";

/** Whether the tenant can have Managed Cloudflare, how much of it, and for how much. */
export async function offerOf(db: Db, tenantId: string, deps: HubDeps): Promise<HubOffer> {
  const { plan: name } = await db
    .selectFrom("tenant_settings")
    .select("plan")
    .where("tenant_id", "=", tenantId)
    .executeTakeFirstOrThrow();
  const plan = planOf(name);
  return {
    ...availabilityOf(plan, deps),
    domain: deps.cloudflare?.domain ?? null,
    limit: plan.hubs,
    used: await countManagedHubs(db, tenantId),
    hostnameLimit: plan.hubHostnames,
    prices: bucketPricesOf(plan),
  };
}

function availabilityOf(plan: Plan, { cloudflare }: HubDeps): Pick<HubOffer, "availability" | "message"> {
  if (cloudflare === null) {
    return {
      availability: "operator",
      message:
        "Managed Cloudflare is not set up here: whoever runs this installation has not configured Cloudflare",
    };
  }
  const problem = cloudflare.problem();
  if (problem !== null) return { availability: "operator", message: problem };
  if (plan.hubs === 0) {
    const having = Object.values(plans)
      .filter(({ hubs }) => hubs > 0)
      .map(({ title }) => title);
    return { availability: "plan", message: `Your plan has no hubs: they come with ${having.join(" and ")}` };
  }
  return { availability: "available", message: null };
}
