export { listTcpTunnels } from "./list.ts";
export { openTcpTunnel } from "./open.ts";
export { releaseTcpTunnel } from "./release.ts";
export {
  findTcpTunnels,
  listRecentTcpEndpoints,
  recordTcpStates,
  type ServedTcpTunnel,
  type TcpTunnelState,
} from "./serving.ts";
