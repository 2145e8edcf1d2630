import { DomainError } from "../errors.ts";
import type { Door } from "../limits/index.ts";
import { machineCredential } from "../schemas.ts";
import { authenticateMachine, authenticateMember, credentialKey } from "./authenticate.ts";
import { baseProcedure } from "./init.ts";

/** Open to everybody; counted per client address at its door. */
export function publicProcedure(door?: Door) {
  return baseProcedure.use(async ({ ctx, next }) => {
    if (door) await ctx.limiter.consume(door, { address: ctx.clientAddress });
    return next();
  });
}

/** A signed-in user or an API key. Counted per client address, then per tenant. */
export function memberProcedure(door?: Door) {
  return baseProcedure.use(async ({ ctx, next }) => {
    if (door) await ctx.limiter.consume(door, { address: ctx.clientAddress });
    const caller = await authenticateMember(ctx);
    if (door) await ctx.limiter.consume(door, { tenant: caller.ctx.tenantId });
    return next({ ctx: { caller: caller.ctx } });
  });
}

/**
 * A machine: license key and device id in the body, or an API key, or a signed-in user. The credential counts before it
 * is checked, so that one key cannot be tried from many addresses.
 */
export function machineProcedure(door: Door) {
  return baseProcedure.input(machineCredential).use(async ({ ctx, input, next }) => {
    await ctx.limiter.consume(door, { address: ctx.clientAddress });
    const tenant = credentialKey(ctx, input);
    if (tenant !== undefined) await ctx.limiter.consume(door, { tenant });
    const caller = await authenticateMachine(ctx, input);
    return next({ ctx: { caller: caller.ctx, device: caller.device } });
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
