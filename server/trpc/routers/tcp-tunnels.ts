import { listTcpTunnels, openTcpTunnel, releaseTcpTunnel } from "../../tcp-tunnels/index.ts";
import {
  ListTcpTunnelsInput,
  ListTcpTunnelsOutput,
  OpenTcpTunnelInput,
  OpenTcpTunnelOutput,
  ReleaseTcpTunnelOutput,
  TcpTunnelIdInput,
} from "../../tcp-tunnels/schemas.ts";
import { router } from "../init.ts";
import { asMachine, memberProcedure, publicProcedure, withCredential } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

const tag = "TCP tunnels";

export const tcpTunnelsRouter = router({
  open: publicProcedure
    .meta(
      rest("POST", "/api/tcp-tunnels", {
        tag,
        summary: "Give a name of an endpoint its public port",
        description: "Idempotent: the same name of the same endpoint gets the same port.",
        protect: false,
      }),
    )
    .input(withCredential(OpenTcpTunnelInput))
    .use(asMachine("issue"))
    .output(OpenTcpTunnelOutput)
    .mutation(({ ctx, input }) => openTcpTunnel({ ctx: ctx.caller, input, config: ctx.config })),

  list: memberProcedure()
    .meta(rest("GET", "/api/tcp-tunnels", { tag, summary: "TCP tunnels and their ports" }))
    .input(ListTcpTunnelsInput)
    .output(ListTcpTunnelsOutput)
    .query(({ ctx, input }) => listTcpTunnels({ ctx: ctx.caller, input, config: ctx.config })),

  release: memberProcedure("keys")
    .meta(rest("DELETE", "/api/tcp-tunnels/{id}", { tag, summary: "Give a port back" }))
    .input(TcpTunnelIdInput)
    .output(ReleaseTcpTunnelOutput)
    .mutation(({ ctx, input }) => releaseTcpTunnel({ ctx: ctx.caller, input })),
});
