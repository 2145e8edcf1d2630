import http from "node:http";
import net from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { ProxyRefusedError } from "./errors.ts";
import type { HttpProxy } from "./proxy.ts";
import { secureContextFor } from "./secure-context.ts";

/** A proxy that takes the connection must answer CONNECT within this, ms. */
const CONNECT_TIMEOUT_MS = 15_000;

/** An agent for `node:http` and `ws` whose connections go through CONNECT of a proxy. */
export class TunnelAgent extends http.Agent {
  private readonly proxy: HttpProxy;
  private readonly trusted: readonly string[] | null;
  private readonly secure: boolean;
  /** Clients refuse an agent that is not of their protocol. */
  protocol: string;

  /** @param secure what lies behind the proxy is spoken to by TLS */
  constructor(proxy: HttpProxy, trusted: readonly string[] | null, secure: boolean) {
    super({ keepAlive: false });
    this.proxy = proxy;
    this.trusted = trusted;
    this.secure = secure;
    this.protocol = secure ? "https:" : "http:";
  }

  override createConnection(
    options: http.ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const host = String(options.host ?? options.hostname).replace(/^\[|\]$/g, "");
    this.open(host, Number(options.port)).then(
      (socket) => callback?.(null, socket),
      (error: Error) => callback?.(error, null as unknown as Duplex),
    );
  }

  private async open(host: string, port: number): Promise<Duplex> {
    const socket = await openTunnel(this.proxy, this.trusted, host, port);
    if (!this.secure) return socket;
    const context = this.trusted === null ? {} : { secureContext: secureContextFor(this.trusted) };
    const secured = tls.connect({
      socket,
      ...(net.isIP(host) === 0 ? { servername: host } : { host }),
      ...context,
    });
    await new Promise<void>((resolve, reject) => {
      secured.once("secureConnect", resolve);
      secured.once("error", reject);
    });
    secured.removeAllListeners("error");
    return secured;
  }
}

function openTunnel(
  proxy: HttpProxy,
  trusted: readonly string[] | null,
  host: string,
  port: number,
): Promise<net.Socket> {
  const context = trusted === null ? {} : { secureContext: secureContextFor(trusted) };
  const authority = `${net.isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const headers: Record<string, string> = { host: authority };
  if (proxy.authorization !== null) headers["proxy-authorization"] = proxy.authorization;
  return new Promise((resolve, reject) => {
    const request = http.request({
      method: "CONNECT",
      path: authority,
      headers,
      timeout: CONNECT_TIMEOUT_MS,
      createConnection: () =>
        proxy.secure
          ? tls.connect({ host: proxy.host, port: proxy.port, servername: proxy.host, ...context })
          : net.connect({ host: proxy.host, port: proxy.port }),
    });
    request.once("connect", (response, socket) => {
      request.setTimeout(0);
      socket.removeAllListeners("timeout");
      (socket as net.Socket).setTimeout(0);
      if (response.statusCode === 200) resolve(socket as net.Socket);
      else {
        socket.destroy();
        reject(new ProxyRefusedError(response.statusCode ?? 0));
      }
    });
    // Some answer with a body instead: Node then takes it for a usual answer.
    request.once("response", (response) => {
      request.destroy();
      reject(new ProxyRefusedError(response.statusCode ?? 0));
    });
    request.once("timeout", () => request.destroy(new Error("the proxy does not answer")));
    request.once("error", reject);
    request.end();
  });
}
