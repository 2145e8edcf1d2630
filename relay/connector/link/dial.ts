import type { Network } from "../network/network.ts";
import type { DialLink } from "./websocket.ts";
import { dialWithBun } from "./websocket-bun.ts";
import { dialWithNode } from "./websocket-node.ts";

/** Opens links with the WebSocket of the runtime we are on, by the proxy that is on the way. */
export const createDial = (network: Network): DialLink =>
  typeof Bun === "undefined" ? dialWithNode(network) : dialWithBun(network);
