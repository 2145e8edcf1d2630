import { initTRPC, TRPCError } from "@trpc/server";
import type { OpenApiMeta } from "trpc-to-openapi";
import { databaseAway, isDatabaseAway } from "../database-away.ts";
import { DomainError } from "../errors.ts";
import { requireCleanInput } from "./clean-input.ts";
import type { ApiContext } from "./context.ts";
import { factsOf, INTERNAL_MESSAGE, toTrpcError } from "./errors.ts";

const t = initTRPC
  .context<ApiContext>()
  .meta<OpenApiMeta>()
  .create({
    // Stacks hold file names; the log has them.
    isDev: false,
    errorFormatter({ shape, error, ctx }) {
      const { message, ...facts } = factsOf(error);
      return { ...shape, message, data: { ...shape.data, ...facts, requestId: ctx?.requestId ?? null } };
    },
  });

export const { router, middleware, createCallerFactory } = t;

/** Every procedure starts here: clean input, errors translated once, surprises logged with the request id. */
export const baseProcedure = t.procedure.use(async ({ ctx, next, path, getRawInput }) => {
  try {
    requireCleanInput(await getRawInput());
  } catch (error) {
    if (error instanceof DomainError) throw toTrpcError(error);
    throw error;
  }
  const result = await next();
  if (result.ok) return result;
  const { error } = result;
  if (error.cause instanceof DomainError && error.cause.kind !== "internal") {
    ctx.log.info({ requestId: ctx.requestId, path, code: error.cause.code }, "procedure refused");
    throw toTrpcError(error.cause);
  }
  if (error.code !== "INTERNAL_SERVER_ERROR") {
    throw new TRPCError({ code: error.code, message: factsOf(error).message, cause: error.cause });
  }
  ctx.log.error({ requestId: ctx.requestId, path, err: error.cause ?? error }, "procedure failed");
  if (isDatabaseAway(error)) throw toTrpcError(databaseAway(error.cause));
  // The message of the cause would reach the client otherwise, also through a caller on the server.
  throw new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: INTERNAL_MESSAGE, cause: error.cause });
});
