import { SUBPROTOCOL } from "../../protocol/limits.ts";
import type { Network } from "../network/network.ts";
import { connectDirectly, isPrivateWay } from "./direct-bun.ts";
import type { DialLink } from "./websocket.ts";

/** Bun names the status of a refused upgrade only in the text of its error. */
const refusedStatus = /Expected 101 status code: (\d{3})/;

/** Dials over a raw connection where nobody reads on the way, otherwise with Bun's own WebSocket. */
export const dialWithBun =
  (network: Network): DialLink =>
  (url, token, events) => {
    const proxy = network.proxyFor(url);
    if (proxy === null && isPrivateWay(url)) return connectDirectly(url, token, network.trusted, events);
    const options: Bun.WebSocketOptions = {
      headers: { authorization: `Bearer ${token}` },
      protocols: [SUBPROTOCOL],
      perMessageDeflate: false,
      ...(proxy === null ? {} : { proxy: proxy.url }),
      ...(network.trusted === null ? {} : { tls: { ca: [...network.trusted] } }),
    };
    // The DOM's types win over Bun's: they know neither headers nor terminate.
    const socket = new WebSocket(url, options as unknown as string[]) as WebSocket & { terminate(): void };
    socket.binaryType = "arraybuffer";
    let status: number | null = null;
    let fault = "";
    let closed = false;
    const close = (reason: string) => {
      if (closed) return;
      closed = true;
      events.onClose({ status, reason });
    };
    socket.onopen = () => events.onOpen();
    socket.onmessage = ({ data }: MessageEvent) => {
      // A text message breaks the protocol; an empty message is how the session learns of it.
      events.onMessage(typeof data === "string" ? new Uint8Array(1) : new Uint8Array(data as ArrayBuffer));
    };
    socket.onerror = (event) => {
      fault = (event as ErrorEvent).message ?? "";
      const refused = refusedStatus.exec(fault)?.[1];
      if (refused !== undefined) status = Number(refused);
    };
    socket.onclose = (event) => close(event.reason || shorten(fault) || `closed with ${event.code}`);
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

/** The text repeats the URL, which the caller knows. */
function shorten(message: string): string {
  return message.replace(/^WebSocket connection to '[^']*' failed: /, "").replace(/^error: /, "");
}
