import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { OpenApiMethod } from "trpc-to-openapi";
import * as z from "zod";
import { DomainError } from "../../errors.ts";
import { exportUsage } from "../../usage-reports/index.ts";
import { ExportUsageInput } from "../../usage-reports/schemas.ts";
import { authenticateMember } from "../authenticate.ts";
import { requireCleanInput } from "../clean-input.ts";
import type { ApiContext } from "../context.ts";

/** A file of any length, which a procedure cannot answer: the one route that is none. */
export const usageExportRoute: { method: OpenApiMethod; path: `/api/${string}` } = {
  method: "GET",
  path: "/api/usage/export",
};

/**
 * Streams usage as a file. What is refused is refused before the first byte; a failure after it cuts the connection, so
 * that half a file is not taken for a whole one.
 *
 * @throws DomainError of `exportUsage`, unauthorized, limit/rate_limited, invalid/invalid_input
 */
export async function sendUsageExport(
  context: ApiContext,
  query: URLSearchParams,
  res: ServerResponse,
): Promise<void> {
  const { ctx } = await authenticateMember(context);
  await context.limiter.consume("export", { address: context.clientAddress, tenant: ctx.tenantId });
  const { contentType, fileName, parts } = await exportUsage({ ctx, input: readInput(query) });
  res.setHeader("content-type", contentType);
  res.setHeader("content-disposition", `attachment; filename="${fileName}"`);
  try {
    await pipeline(Readable.from(parts), res);
  } catch (error) {
    // A reader who went away is no failure.
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ERR_STREAM_PREMATURE_CLOSE" && code !== "ECONNRESET" && code !== "EPIPE") {
      context.log.error({ requestId: context.requestId, err: error }, "usage export broke off");
    }
    res.destroy();
  }
}

function readInput(query: URLSearchParams): ExportUsageInput {
  const given = Object.fromEntries(query);
  requireCleanInput(given);
  const { data, error } = ExportUsageInput.safeParse(given);
  if (data) return data;
  const issue = error.issues[0]!;
  const field = issue.path.join(".");
  throw new DomainError("invalid", "invalid_input", `${field}: ${issue.message}`, { field });
}

/** How the route stands in the API document. */
export function usageExportOperation(): object {
  const { properties = {} } = z.toJSONSchema(ExportUsageInput, { io: "input" });
  return {
    operationId: "usage-export",
    summary: "Usage as a CSV or JSON file",
    description:
      "A row for each bucket and group in which something happened. Text that a spreadsheet would run as a formula has an apostrophe in front.",
    tags: ["Usage"],
    security: [{ bearer: [] }],
    parameters: Object.entries(properties).map(([name, schema]) => ({ name, in: "query", schema })),
    responses: {
      200: {
        description: "The file",
        content: {
          "text/csv": { schema: { type: "string" } },
          "application/json": { schema: { type: "object" } },
        },
      },
      400: { description: "Invalid input data", content: {} },
      401: { description: "Authorization not provided", content: {} },
    },
  };
}
