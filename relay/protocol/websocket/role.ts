/** Which end of a WebSocket we are. */
export type WebSocketRole = "client" | "server";
