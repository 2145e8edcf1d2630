import type { DialLink } from "./websocket.ts";
import { dialWithBun } from "./websocket-bun.ts";
import { dialWithNode } from "./websocket-node.ts";

/** Opens a link with the WebSocket of the runtime we are on. */
export const dialLink: DialLink = (url, token, events) =>
  (typeof Bun === "undefined" ? dialWithNode : dialWithBun)(url, token, events);
