import { addDomain, listDomains, removeDomain, verifyDomain } from "../../domains/index.ts";
import {
  AddDomainInput,
  DomainIdInput,
  DomainSummary,
  ListDomainsInput,
  ListDomainsOutput,
  RemovedDomainOutput,
} from "../../domains/schemas.ts";
import { router } from "../init.ts";
import { memberProcedure } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

const tag = "Domains";

export const domainsRouter = router({
  list: memberProcedure()
    .meta(rest("GET", "/api/domains", { tag, summary: "Host names of your own, and how each stands" }))
    .input(ListDomainsInput)
    .output(ListDomainsOutput)
    .query(({ ctx, input }) =>
      listDomains({ ctx: ctx.caller, input, config: ctx.config, deps: ctx.domains }),
    ),

  add: memberProcedure("keys")
    .meta(
      rest("POST", "/api/domains", {
        tag,
        summary: "Let a host name of your own lead to an endpoint",
        description:
          "The answer says which two DNS records to set. It is served as soon as the TXT record is seen.",
      }),
    )
    .input(AddDomainInput)
    .output(DomainSummary)
    .mutation(({ ctx, input }) => addDomain({ ctx: ctx.caller, input, config: ctx.config })),

  verify: memberProcedure("domain_check")
    .meta(rest("POST", "/api/domains/{id}/verify", { tag, summary: "Look at the domain's DNS now" }))
    .input(DomainIdInput)
    .output(DomainSummary)
    .mutation(({ ctx, input }) =>
      verifyDomain({ ctx: ctx.caller, input, config: ctx.config, deps: ctx.domains }),
    ),

  remove: memberProcedure("keys")
    .meta(rest("DELETE", "/api/domains/{id}", { tag, summary: "Stop serving a host name" }))
    .input(DomainIdInput)
    .output(RemovedDomainOutput)
    .mutation(({ ctx, input }) => removeDomain({ ctx: ctx.caller, input })),
});
