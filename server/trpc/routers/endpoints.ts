import {
  checkAvailability,
  getEndpoint,
  getEndpointDetails,
  getEndpointHealth,
  listEndpoints,
  registerEndpoint,
  releaseEndpoint,
  rotateEndpointToken,
  updateEndpoint,
} from "../../endpoints/index.ts";
import {
  AvailabilityOutput,
  EndpointDetail,
  EndpointDetailsOutput,
  EndpointHealthOutput,
  EndpointSlugInput,
  EndpointSummary,
  EndpointTokenOutput,
  ListEndpointsOutput,
  OptionalSlugInput,
  RegisterEndpointInput,
  RegisterEndpointOutput,
  ReleaseEndpointOutput,
  UpdateEndpointInput,
} from "../../endpoints/schemas.ts";
import { findMembership } from "../../tenants/index.ts";
import { router } from "../init.ts";
import { asMachine, atDoor, memberProcedure, publicProcedure, withCredential } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

const tag = "Endpoints";

export const endpointsRouter = router({
  register: publicProcedure
    .meta(
      rest("POST", "/api/endpoints/register", {
        tag,
        summary: "Claim a name and get its endpoint",
        description: "The endpoint token is in this answer only.",
        protect: false,
      }),
    )
    .input(withCredential(RegisterEndpointInput))
    .use(asMachine("register"))
    .output(RegisterEndpointOutput)
    .mutation(({ ctx, input }) => registerEndpoint({ ctx: ctx.caller, input, config: ctx.config })),

  details: publicProcedure
    .meta(
      rest("POST", "/api/endpoints/details", {
        tag,
        summary: "The endpoint of a license, and whether the relay sees its connectors",
        protect: false,
      }),
    )
    .input(withCredential(OptionalSlugInput))
    .use(asMachine("details"))
    .output(EndpointDetailsOutput)
    // Not a query: its input holds the license key, and a query's input travels in the URL.
    .mutation(({ ctx, input }) => getEndpointDetails({ ctx: ctx.caller, input, config: ctx.config })),

  rotateToken: publicProcedure
    .meta(
      rest("POST", "/api/endpoints/token/rotate", {
        tag,
        summary: "Make a new endpoint token; the old one stops at once",
        protect: false,
      }),
    )
    .input(withCredential(OptionalSlugInput))
    .use(asMachine("rotate"))
    .output(EndpointTokenOutput)
    .mutation(({ ctx, input }) => rotateEndpointToken({ ctx: ctx.caller, input })),

  health: publicProcedure
    .meta(
      rest("GET", "/api/endpoints/health", {
        tag,
        summary: "Health of the endpoint that the Host header names",
        protect: false,
      }),
    )
    .output(EndpointHealthOutput)
    .query(({ ctx }) => getEndpointHealth(ctx.db, ctx.hostSlug)),

  availability: publicProcedure
    .meta(
      rest("GET", "/api/endpoints/availability", {
        tag,
        summary: "Whether a name can be claimed, and others like it",
        protect: false,
      }),
    )
    .input(EndpointSlugInput)
    .use(atDoor("availability"))
    .output(AvailabilityOutput)
    .query(async ({ ctx, input }) => {
      const { session } = ctx;
      const membership = session
        ? await findMembership(ctx.db, { userId: session.userId, tenantId: session.activeTenantId })
        : null;
      return checkAvailability(
        ctx.db,
        { slug: input.slug, tenantId: membership?.tenantId ?? null },
        ctx.config,
      );
    }),

  list: memberProcedure()
    .meta(rest("GET", "/api/endpoints", { tag, summary: "All endpoints of the account" }))
    .output(ListEndpointsOutput)
    .query(({ ctx }) => listEndpoints({ ctx: ctx.caller, config: ctx.config })),

  get: memberProcedure()
    .meta(rest("GET", "/api/endpoints/{slug}", { tag, summary: "One endpoint with its connectors" }))
    .input(EndpointSlugInput)
    .output(EndpointDetail)
    .query(({ ctx, input }) => getEndpoint({ ctx: ctx.caller, input, config: ctx.config })),

  update: memberProcedure("keys")
    .meta(rest("PATCH", "/api/endpoints/{slug}", { tag, summary: "Change settings of an endpoint" }))
    .input(UpdateEndpointInput)
    .output(EndpointSummary)
    .mutation(({ ctx, input }) => updateEndpoint({ ctx: ctx.caller, input, config: ctx.config })),

  release: memberProcedure("keys")
    .meta(
      rest("DELETE", "/api/endpoints/{slug}", {
        tag,
        summary: "Give a name back",
        description: "Its connectors and access keys stop. Others may claim the name after 30 days.",
      }),
    )
    .input(EndpointSlugInput)
    .output(ReleaseEndpointOutput)
    .mutation(({ ctx, input }) => releaseEndpoint({ ctx: ctx.caller, input })),
});
