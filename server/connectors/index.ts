export { heartbeatConnector } from "./heartbeat.ts";
export { issueConnector } from "./issue.ts";
export { countOnlineConnectors, listConnectors } from "./list.ts";
export { isOnline } from "./online.ts";
export { purgeConnectors } from "./purge.ts";
export { recordTokenReuse, type TokenReuse } from "./record-reuse.ts";
export { type ConnectorState, markRelayConnectorsOffline, recordConnectorState } from "./record-state.ts";
export { refreshConnectorStates } from "./refresh-states.ts";
export { revokeConnector, revokeConnectorsOf } from "./revoke.ts";
export { getConnectorStatus } from "./status.ts";
export {
  type ConnectorClaims,
  type ConnectorRefusal,
  type ConnectorVerdict,
  verifyConnectorClaims,
  verifyConnectorToken,
} from "./verify.ts";
export { watchConnectors } from "./watch.ts";
