import { createSecureContext, createServer, type SecureContext, type Server, type TLSSocket } from "node:tls";
import type { RawConnection, RawConnectionEvents } from "../routes/tunnel.ts";
import type { Certificate, CertificateBook } from "./certificate.ts";
import { TlsConnection, type Turns } from "./tls-connection.ts";
import { failureOf, type TlsStats, UNKNOWN_NAME } from "./tls-stats.ts";

export interface TlsListenOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly hostname: string;
  /** Lets a second process listen on the same port, for a hand-over. */
  readonly reusePort?: boolean;
}

export interface TlsListenerDeps {
  readonly book: CertificateBook;
  readonly stats: TlsStats;
  /** May this address start a handshake now? */
  mayStart(remoteAddress: string): boolean;
  accept(
    raw: RawConnection & { readonly certificate: Certificate | null },
  ): { readonly events: RawConnectionEvents; release(): void } | null;
  readonly turns: Turns;
  /** A client has so long for its handshake, ms. */
  readonly handshakeMs: number;
  readonly log: { error(fields: Record<string, unknown>, message: string): void };
}

/** Silence after which the kernel asks whether the peer is still there. */
const KEEP_ALIVE_MS = 60_000;
const ALPN = ["h2", "http/1.1"];

/**
 * TLS listeners that choose the certificate per handshake. `Bun.listen` has one certificate per listener, node:tls on Bun
 * asks for each: a new certificate needs no new listener, and open connections do not notice.
 */
export function createTlsListeners(deps: TlsListenerDeps) {
  const { book, stats, log } = deps;
  const open: Server[] = [];
  const contexts = new WeakMap<Certificate, SecureContext>();
  const connections = new WeakMap<TLSSocket, TlsConnection>();

  function contextOf(certificate: Certificate): SecureContext {
    let context = contexts.get(certificate);
    if (context === undefined) {
      context = createSecureContext({
        cert: certificate.certPem,
        key: certificate.keyPem,
        minVersion: "TLSv1.2",
      });
      contexts.set(certificate, context);
    }
    return context;
  }

  function choose(name: string, done: (error: Error | null, context?: SecureContext) => void): void {
    const certificate = book.select(name);
    if (certificate === null) {
      done(new Error(UNKNOWN_NAME));
      return;
    }
    let context: SecureContext | null = null;
    try {
      context = contextOf(certificate);
    } catch (error) {
      log.error({ err: error, names: certificate.names }, "certificate refused by the TLS library");
      done(error as Error);
    }
    if (context !== null) done(null, context);
  }

  function onConnection(socket: TLSSocket): void {
    // Gone again before we looked: no address.
    if (!socket.remoteAddress) return void socket.destroy();
    if (!deps.mayStart(socket.remoteAddress)) {
      stats.failed("flood");
      return void socket.destroy();
    }
    // Errors close the socket, and `close` is what we hear.
    socket.on("error", () => undefined);
    const connection = new TlsConnection(socket, deps.turns);
    const accepted = deps.accept(connection);
    if (accepted === null) return;
    connections.set(socket, connection);
    connection.events = accepted.events;
    socket.on("close", accepted.release);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }

  function onSecure(socket: TLSSocket): void {
    const connection = connections.get(socket);
    const name = socket.servername;
    const certificate = typeof name === "string" ? book.select(name) : null;
    if (connection === undefined || certificate === null) return void socket.destroy();
    stats.handshakes++;
    if (socket.isSessionReused()) stats.resumed++;
    connection.secured(certificate);
  }

  return {
    open({ port, hostname, reusePort = false }: TlsListenOptions): Promise<{ port: number }> {
      const server = createServer({
        SNICallback: choose,
        ALPNProtocols: ALPN,
        minVersion: "TLSv1.2",
        handshakeTimeout: deps.handshakeMs,
        allowHalfOpen: true,
      });
      server.on("connection", onConnection);
      server.on("secureConnection", onSecure);
      server.on("tlsClientError", (error, socket) => {
        stats.failed(failureOf(error));
        socket.destroy();
      });
      return new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen({ port, host: hostname, reusePort }, () => {
          server.off("error", reject);
          server.on("error", (error) => log.error({ err: error }, "TLS listener failed"));
          open.push(server);
          resolve({ port: (server.address() as { port: number }).port });
        });
      });
    },
    close() {
      for (const server of open.splice(0)) server.close();
    },
  };
}
