import type { ConnectUpstream } from "./socket.ts";
import { connectWithBun } from "./socket-bun.ts";
import { connectWithNode } from "./socket-node.ts";

/** Opens a connection with the sockets of the runtime we are on. */
export const connectUpstream: ConnectUpstream = (target, owner) =>
  typeof Bun === "undefined" ? connectWithNode(target, owner) : connectWithBun(target, owner);
