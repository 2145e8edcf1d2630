import { isIPv6 } from "node:net";
import type { Socket } from "bun";
import { ClientWebSocket } from "./client-websocket.ts";
import type { LinkSocket, LinkSocketEvents } from "./websocket.ts";

type Raw = Socket<ClientWebSocket>;

const plainHandlers = {
  data: (raw: Raw, chunk: Uint8Array) => raw.data.received(chunk),
  drain: (raw: Raw) => raw.data.drained(),
  end: (raw: Raw) => raw.data.gone("closed by the relay"),
  close: (raw: Raw, error?: Error) => raw.data.gone(nameOf(error) ?? "closed by the relay"),
  error: (raw: Raw, error: Error) => raw.data.gone(nameOf(error) ?? "failed"),
  // The promise of Bun.connect rejects with the same error; without this handler it counts as unhandled too.
  connectError() {},
};
const openHandlers = { ...plainHandlers, open: attach };
const tlsHandlers = {
  ...plainHandlers,
  handshake(raw: Raw, success: boolean, error: Error | null) {
    if (success) return attach(raw);
    raw.data.gone(nameOf(error) ?? "TLS handshake failed");
    raw.terminate();
  },
};

/** Whether what is sent to this address can be read by nobody in between: it is encrypted, or stays on this machine. */
export function isPrivateWay(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  if (protocol === "wss:") return true;
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Opens a link over a raw connection. @param trusted PEM certificates; null: those that Bun trusts by itself */
export function connectDirectly(
  url: string,
  token: string,
  trusted: readonly string[] | null,
  events: LinkSocketEvents,
): LinkSocket {
  const socket = new ClientWebSocket(url, token, events);
  connect(url, trusted, socket).catch((error: Error) => socket.gone(nameOf(error) ?? "no connection"));
  return socket;
}

async function connect(
  url: string,
  trusted: readonly string[] | null,
  socket: ClientWebSocket,
): Promise<void> {
  const { protocol, hostname: name, port } = new URL(url);
  const hostname = name.replace(/^\[|\]$/g, "");
  const common = { hostname, data: socket };
  if (protocol === "ws:") {
    await Bun.connect<ClientWebSocket>({ ...common, port: Number(port || 80), socket: openHandlers });
    return;
  }
  const ca = trusted === null ? {} : { ca: [...trusted] };
  const serverName = isIPv6(hostname) ? {} : { serverName: hostname };
  const tls = { ...serverName, rejectUnauthorized: true, ...ca };
  await Bun.connect<ClientWebSocket>({ ...common, port: Number(port || 443), tls, socket: tlsHandlers });
}

function attach(raw: Raw): void {
  raw.data.connected({
    write: (bytes, offset, length) => raw.write(bytes, offset, length),
    end: () => raw.shutdown(),
    terminate: () => raw.terminate(),
  });
}

function nameOf(error: Error | null | undefined): string | null {
  return error == null ? null : ((error as NodeJS.ErrnoException).code ?? error.message);
}
