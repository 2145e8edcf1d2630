import { WebSocket } from "ws";
import { MAX_MESSAGE_BYTES, SUBPROTOCOL } from "../../protocol/limits.ts";
import type { Network } from "../network/network.ts";
import { secureContextFor } from "../network/secure-context.ts";
import { TunnelAgent } from "../network/tunnel-node.ts";
import type { DialLink } from "./websocket.ts";

/** Dials with the `ws` package, for a connector on Node. */
export const dialWithNode =
  (network: Network): DialLink =>
  (url, token, events) => {
    const proxy = network.proxyFor(url);
    const { trusted } = network;
    const socket = new WebSocket(url, [SUBPROTOCOL], {
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      ...(proxy === null ? {} : { agent: new TunnelAgent(proxy, trusted, url.startsWith("wss:")) }),
      ...(trusted === null ? {} : { secureContext: secureContextFor(trusted) }),
    });
    let status: number | null = null;
    let fault = "";
    let closed = false;
    const close = (reason: string) => {
      if (closed) return;
      closed = true;
      events.onClose({ status, reason });
    };
    socket.on("unexpected-response", (request, response) => {
      status = response.statusCode ?? 0;
      fault = `refused with ${status}`;
      request.destroy();
      close(fault);
    });
    socket.on("open", () => events.onOpen());
    socket.on("message", (data: Buffer, binary) => events.onMessage(binary ? data : new Uint8Array(1)));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      fault ||= error.code ?? error.message;
    });
    socket.on("close", (code, reason) => close(reason.toString() || fault || `closed with ${code}`));
    return {
      send: (bytes, start, end) => socket.send(bytes.subarray(start, end)),
      bufferedBytes: () => socket.bufferedAmount,
      close: (code, reason) => socket.close(code, reason),
      terminate() {
        socket.terminate();
        close("terminated");
      },
    };
  };
