export { isOnline, ONLINE_WINDOW_SECONDS } from "./online.ts";
export { type ConnectorState, markRelayConnectorsOffline, recordConnectorState } from "./record-state.ts";
export {
  type ConnectorClaims,
  type ConnectorRefusal,
  type ConnectorVerdict,
  verifyConnectorToken,
} from "./verify.ts";
