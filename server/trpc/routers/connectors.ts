import * as z from "zod";
import {
  getConnectorStatus,
  heartbeatConnector,
  issueConnector,
  revokeConnector,
  verifyConnectorToken,
  watchConnectors,
} from "../../connectors/index.ts";
import {
  ConnectorIdInput,
  ConnectorStatusOutput,
  HeartbeatInput,
  IssueConnectorInput,
  IssueConnectorOutput,
  VerifyConnectorInput,
  VerifyConnectorOutput,
} from "../../connectors/schemas.ts";
import { DomainError } from "../../errors.ts";
import { slugInput } from "../../schemas.ts";
import { toTrpcError } from "../errors.ts";
import { router } from "../init.ts";
import {
  asMachine,
  atDoor,
  internalProcedure,
  memberProcedure,
  publicProcedure,
  withCredential,
} from "../procedures.ts";
import { rest } from "../rest-meta.ts";

const tag = "Connectors";
const internal = "Relay-internal";

export const connectorsRouter = router({
  issue: publicProcedure
    .meta(
      rest("POST", "/api/connectors/issue", {
        tag,
        summary: "Credentials for one connector's outbound WebSocket",
        protect: false,
      }),
    )
    .input(withCredential(IssueConnectorInput))
    .use(asMachine("issue"))
    .output(IssueConnectorOutput)
    .mutation(({ ctx, input }) =>
      issueConnector({ ctx: ctx.caller, input, device: ctx.device, config: ctx.config }),
    ),

  heartbeat: internalProcedure
    .meta(
      rest("POST", "/api/connectors/heartbeat", { tag: internal, summary: "The relay reports a connector" }),
    )
    .input(HeartbeatInput)
    .output(z.object({ ok: z.literal(true) }))
    .mutation(({ ctx, input }) => heartbeatConnector(ctx.db, input)),

  status: publicProcedure
    .meta(
      rest("GET", "/api/connectors/status", {
        tag,
        summary: "Whether an endpoint has a connector online",
        protect: false,
      }),
    )
    .input(z.object({ slug: slugInput }))
    .use(atDoor("status"))
    .output(ConnectorStatusOutput)
    .query(({ ctx, input }) => getConnectorStatus(ctx.db, input.slug)),

  verify: internalProcedure
    .meta(
      rest("POST", "/api/connectors/verify", {
        tag: internal,
        summary: "The relay checks a connector token",
      }),
    )
    .input(VerifyConnectorInput)
    .output(VerifyConnectorOutput)
    // Not a query: a query's input travels in the URL.
    .mutation(async ({ ctx, input }) => {
      const deps = { db: ctx.db, signingSecret: ctx.config.relayConnectorSigningSecret };
      const verdict = await verifyConnectorToken(deps, input.connectorToken);
      if (!verdict.valid) return verdict;
      return { valid: true, ...verdict.claims, expiresAt: verdict.claims.expiresAt.toISOString() } as const;
    }),

  revoke: memberProcedure("keys")
    .meta(
      rest("POST", "/api/connectors/{connectorId}/revoke", {
        tag,
        summary: "Refuse a connector's token and cut its links",
      }),
    )
    .input(ConnectorIdInput)
    .output(z.object({ connectorId: z.string() }))
    .mutation(({ ctx, input }) => revokeConnector({ ctx: ctx.caller, input })),

  watch: memberProcedure()
    .input(z.object({ slug: slugInput }))
    .subscription(async function* ({ ctx, input, signal }) {
      // A caller on the server may leave the signal out; then the iterator's return() ends the watch.
      const lasting = signal ?? new AbortController().signal;
      try {
        yield* watchConnectors({ ctx: ctx.caller, input, changes: ctx.changes, signal: lasting });
      } catch (error) {
        // What a generator throws does not pass through the middleware any more.
        throw error instanceof DomainError ? toTrpcError(error) : error;
      }
    }),
});
