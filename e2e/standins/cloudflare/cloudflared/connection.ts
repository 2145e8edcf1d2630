import { performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { findIngressFault } from "../api/tunnel-config.ts";
import type { TunnelConfig } from "../core/state.ts";
import { CONFIG_HEADER, type Hello, readLine, type Welcome } from "../edge/protocol.ts";
import { serveStream } from "./origin.ts";

/** The real one waits 1 s first, then twice as long each time up to a minute; tests have no minutes. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1_000;

/** What the connections of one cloudflared share. */
export interface Shared {
  readonly hello: Hello;
  readonly edge: { readonly host: string; readonly port: number };
  config: TunnelConfig | null;
  configVersion: number;
  readonly open: Set<ServerHttp2Session>;
  requests: number;
  readonly stopping: AbortController;
  log(level: string, message: string): void;
}

/** Keeps one connection to the edge, for ever: a refusal is taken for propagation, whatever it says. */
export async function keepConnection(shared: Shared, index: number): Promise<void> {
  const { signal } = shared.stopping;
  let wait = FIRST_RETRY_MS;
  while (!signal.aborted) {
    const refusal = await serveOnce(shared, index);
    if (signal.aborted) return;
    if (refusal === null) wait = FIRST_RETRY_MS;
    else shared.log("ERR", `Register tunnel error from server side error="${refusal}" connIndex=${index}`);
    shared.log("INF", `Retrying connection in up to ${wait}ms connIndex=${index}`);
    // Cut short by the stop that the loop's head sees.
    await sleep(wait, undefined, { signal }).catch(() => undefined);
    wait = Math.min(LAST_RETRY_MS, wait * 2);
  }
}

/** @returns why the edge would not have it; null when it served until the connection ended */
async function serveOnce(shared: Shared, index: number): Promise<string | null> {
  const socket = connect(shared.edge);
  socket.write(`${JSON.stringify(shared.hello)}\n`);
  const welcome = await readLine(socket).then(
    (line) => JSON.parse(line) as Welcome,
    (error: Error) => ({ error: error.message }),
  );
  if ("error" in welcome) {
    socket.destroy();
    return welcome.error;
  }
  const session = performServerHandshake(socket);
  // Its end is heard as `close`, whatever caused it.
  session.on("error", () => undefined);
  session.on("stream", (stream, headers) => {
    if (headers[CONFIG_HEADER] !== undefined) {
      takeConfig(shared, stream, Number(headers[CONFIG_HEADER])).catch(() => stream.close());
      return;
    }
    shared.requests += 1;
    serveStream(stream, headers, shared.config, shared.log);
  });
  shared.open.add(session);
  // The signal came while it was being welcomed.
  if (shared.stopping.signal.aborted) session.close();
  const { connectionId, location } = welcome;
  shared.log(
    "INF",
    `Registered tunnel connection connIndex=${index} connection=${connectionId} event=0 location=${location} protocol=http2`,
  );
  await new Promise<void>((resolve) => session.once("close", resolve));
  shared.open.delete(session);
  if (!shared.stopping.signal.aborted)
    shared.log("WRN", `Connection terminated error="connection closed" connIndex=${index}`);
  return null;
}

/** Any config of the account beats the own one; one that is wrong is logged, and the old one kept. */
async function takeConfig(shared: Shared, stream: ServerHttp2Stream, version: number): Promise<void> {
  const told = await text(stream);
  const config = JSON.parse(told) as TunnelConfig;
  const fault = config.ingress ? findIngressFault(config.ingress) : null;
  const taken = fault === null && version >= shared.configVersion;
  if (taken) {
    shared.config = config;
    shared.configVersion = version;
    shared.log("INF", `Updated to new configuration config=${JSON.stringify(told)} version=${version}`);
  } else shared.log("ERR", `Failed to update configuration error="${fault}" version=${version}`);
  stream.respond({ ":status": taken ? 200 : 400 });
  stream.end();
}
