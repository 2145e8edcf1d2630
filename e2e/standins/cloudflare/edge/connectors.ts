import { type ClientHttp2Session, connect } from "node:http2";
import { createServer, type Server, type Socket } from "node:net";
import type { Tunnel } from "../core/state.ts";
import { type Connector, newUuid, timestamp, type World } from "../core/world.ts";
import { CONFIG_HEADER, type Hello, readLine, type Welcome } from "./protocol.ts";

const LOCATIONS = ["fra01", "ams02", "fra06", "ams15"];

/** Where cloudflareds connect, and who of them can carry a request. */
export interface Connectors {
  readonly server: Server;
  /** An open connection of the tunnel, another one each time. */
  sessionOf(tunnelId: string): ClientHttp2Session | null;
  stop(): void;
}

interface Connected extends Connector {
  readonly sessions: Set<ClientHttp2Session>;
}

export function createConnectors(world: World): Connectors {
  const known = new Map<string, Connected>();
  const sockets = new Set<Socket>();
  let turn = 0;

  const welcome = async (socket: Socket) => {
    const hello = JSON.parse(await readLine(socket)) as Hello;
    const tunnel = world.liveTunnel(hello.tunnelId);
    const error = reasonToRefuse(world, tunnel, hello);
    if (error !== null || !tunnel) {
      socket.end(line({ error: error ?? "Unauthorized" }));
      return;
    }
    const connector = known.get(hello.connectorId) ?? createConnector(world, tunnel, hello, known);
    const location = LOCATIONS[connector.connections.length % LOCATIONS.length]!;
    const connection = {
      id: newUuid(),
      coloName: location,
      openedAt: timestamp(),
      originIp: socket.remoteAddress ?? "127.0.0.1",
    };
    socket.write(line({ connectionId: connection.id, location }));
    const session = connect("http://edge", { createConnection: () => socket });
    // Its end is heard as `close`, whatever caused it.
    session.on("error", () => undefined);
    connector.sessions.add(session);
    connector.connections.push(connection);
    world.connectors.add(connector);
    tunnel.activeAt ??= timestamp();
    tunnel.inactiveAt = null;
    if (hello.localConfig && tunnel.configSrc === "local") tunnel.config = hello.localConfig;
    world.onChange();
    session.once("close", () => {
      connector.sessions.delete(session);
      connector.connections.splice(connector.connections.indexOf(connection), 1);
      if (connector.connections.length > 0) return;
      world.connectors.delete(connector);
      if (known.get(connector.id) === connector) known.delete(connector.id);
      if (world.connectorsOf(tunnel.id).length === 0) tunnel.inactiveAt = timestamp();
      world.onChange();
    });
    if (connector.sessions.size === 1) connector.configure();
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    welcome(socket).catch(() => socket.destroy());
  });
  return {
    server,
    sessionOf(tunnelId) {
      const sessions = [...known.values()]
        .filter((connector) => connector.tunnelId === tunnelId)
        .flatMap((connector) => [...connector.sessions])
        .filter((session) => !session.closed && !session.destroyed);
      turn += 1;
      return sessions[turn % sessions.length] ?? null;
    },
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** What the real edge says; cloudflared takes all of it for propagation and tries again. */
function reasonToRefuse(world: World, tunnel: Tunnel | undefined, hello: Hello): string | null {
  if (!tunnel || hello.accountTag !== world.accountId || tunnel.usableAt > Date.now())
    return "Unauthorized: Tunnel not found";
  return tunnel.secret === hello.secret ? null : "Unauthorized: Invalid tunnel secret";
}

function createConnector(
  world: World,
  tunnel: Tunnel,
  hello: Hello,
  known: Map<string, Connected>,
): Connected {
  const connector: Connected = {
    id: hello.connectorId,
    version: hello.version,
    arch: hello.arch,
    runAt: timestamp(),
    tunnelId: tunnel.id,
    configVersion: -1,
    connections: [],
    sessions: new Set(),
    // Only what the account holds as the tunnel's config is sent: a local one's is its own.
    configure() {
      const [session] = connector.sessions;
      if (!session || tunnel.configSrc !== "cloudflare" || tunnel.configVersion < 0) return;
      const version = tunnel.configVersion;
      const stream = session.request({
        ":method": "PUT",
        ":path": "/",
        [CONFIG_HEADER]: String(version),
      });
      // Broken with its session: the next one is told again.
      stream.on("error", () => undefined);
      stream.once("response", (headers) => {
        // Refused: the old one stays in use.
        if (headers[":status"] === 200) connector.configVersion = Math.max(connector.configVersion, version);
        stream.resume();
      });
      stream.end(JSON.stringify(tunnel.config));
    },
    drop() {
      // Seen at once, not only when the sockets have closed.
      world.connectors.delete(connector);
      known.delete(connector.id);
      for (const session of connector.sessions) session.destroy();
    },
  };
  known.set(connector.id, connector);
  return connector;
}

const line = (welcome: Welcome): string => `${JSON.stringify(welcome)}\n`;
