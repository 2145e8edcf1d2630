import * as z from "zod";
import { DomainError } from "../errors.ts";
import type { Door } from "../limits/index.ts";
import { machineCredential } from "../schemas.ts";
import { authenticateHubOf, authenticateMachine, authenticateMember, credentialKey } from "./authenticate.ts";
import { baseProcedure, middleware } from "./init.ts";

/** Open to everybody. */
export const publicProcedure = baseProcedure;

/**
 * Counts a caller at a door, by client address. Stands behind the input schema: a request that is refused for its form
 * costs us little and must say so, however many came.
 */
export const atDoor = (door: Door) =>
  middleware(async ({ ctx, next }) => {
    await ctx.limiter.consume(door, { address: ctx.clientAddress });
    return next();
  });

/** A signed-in user or an API key. With a door, counted per client address and per tenant. */
export function memberProcedure(door?: Door) {
  return baseProcedure.use(async ({ ctx, next }) => {
    const caller = await authenticateMember(ctx);
    if (door) {
      await ctx.limiter.consume(door, { address: ctx.clientAddress, tenant: caller.ctx.tenantId });
    }
    return next({ ctx: { caller: caller.ctx } });
  });
}

/** Input of a machine route: its own fields and the credential. */
export function withCredential<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>) {
  return z.object({ ...machineCredential.shape, ...schema.shape });
}

/**
 * A machine: license key and device id in the body, or an API key, or a signed-in user. Stands behind the input schema.
 * The credential counts before it is checked, so that one key cannot be tried from many addresses.
 */
export const asMachine = (door: Door) =>
  middleware(async ({ ctx, next, getRawInput }) => {
    const credential = machineCredential.parse(await getRawInput());
    const tenant = credentialKey(ctx, credential);
    await ctx.limiter.consume(door, {
      address: ctx.clientAddress,
      ...(tenant === undefined ? {} : { tenant }),
    });
    const caller = await authenticateMachine(ctx, credential);
    return next({ ctx: { caller: caller.ctx, device: caller.device } });
  });

/**
 * A hub, by its own token and nothing else. Counted at the door of hubs per client address and per token; what changes something at
 * Cloudflare also per tenant, whatever its hubs and tokens.
 */
export function hubProcedure(door?: Door) {
  return baseProcedure.use(async ({ ctx, next }) => {
    const address = ctx.clientAddress;
    const token = credentialKey(ctx, {});
    await ctx.limiter.consume("hub", { address, ...(token !== undefined && { tenant: token }) });
    const hub = await authenticateHubOf(ctx);
    if (door) await ctx.limiter.consume(door, { address, tenant: hub.tenantId });
    return next({ ctx: { hub } });
  });
}

/** The relay and operators' tools, by RELAY_INTERNAL_SECRET. */
export const internalProcedure = baseProcedure.use(async ({ ctx, next }) => {
  if (!ctx.internal) {
    throw new DomainError(
      "unauthorized",
      "unauthorized",
      "this needs RELAY_INTERNAL_SECRET as a bearer token",
    );
  }
  return next();
});
