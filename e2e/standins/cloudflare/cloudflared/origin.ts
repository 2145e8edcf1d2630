import { request as httpRequest, type IncomingMessage } from "node:http";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { request as httpsRequest } from "node:https";
import { pipeline } from "node:stream";
import type { IngressRule, TunnelConfig } from "../core/state.ts";
import { forHttp1, forHttp2, UPGRADE_HEADER, UPGRADED_HEADER } from "../edge/protocol.ts";

/** The first rule that matches, null when there is none. */
export function findRule(config: TunnelConfig | null, host: string, path: string): IngressRule | null {
  const named = (hostname = "") =>
    ["", "*", host].includes(hostname) || (hostname.startsWith("*.") && host.endsWith(hostname.slice(1)));
  const found = config?.ingress?.find(
    (rule) => named(rule.hostname) && (!rule.path || new RegExp(rule.path).test(path)),
  );
  return found ?? null;
}

/** One request from the edge, carried to the service of its rule and back, streaming both ways. */
export function serveStream(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  config: TunnelConfig | null,
  log: (level: string, message: string) => void,
): void {
  // Whoever asked has gone; the request to the service ends with `close`.
  stream.on("error", () => undefined);
  const host = String(headers[":authority"]);
  const path = String(headers[":path"]);
  const rule = findRule(config, host, path.split("?")[0]!);
  const status = /^http_status:(\d+)$/.exec(rule?.service ?? "http_status:503")?.[1];
  if (status !== undefined || !rule) {
    refuse(stream, Number(status ?? 503));
    return;
  }
  const origin = { ...config?.originRequest, ...rule.originRequest };
  const upgrade = headers[UPGRADE_HEADER];
  const sent = dial(rule.service, {
    method: String(headers[":method"]),
    path,
    rejectUnauthorized: origin.noTLSVerify !== true,
    headers: {
      ...forHttp1(headers),
      host: typeof origin.httpHostHeader === "string" ? origin.httpHostHeader : host,
      ...(upgrade === undefined ? {} : { connection: "Upgrade", upgrade: String(upgrade) }),
    },
  });
  sent.once("response", (response: IncomingMessage) => {
    stream.respond({ ":status": response.statusCode!, ...forHttp2(response.headers) });
    pipeline(response, stream, () => undefined);
  });
  sent.once("upgrade", (response: IncomingMessage, socket, head) => {
    stream.respond({ ":status": 200, [UPGRADED_HEADER]: JSON.stringify(response.headers) });
    if (head.length > 0) stream.write(head);
    pipeline(socket, stream, () => undefined);
    pipeline(stream, socket, () => undefined);
  });
  sent.once("error", (error: Error) => {
    log("ERR", `error="Unable to reach the origin service: ${error.message}" originService=${rule.service}`);
    if (stream.headersSent) stream.close();
    else refuse(stream, 502);
  });
  stream.once("close", () => sent.destroy());
  if (upgrade === undefined) stream.pipe(sent);
  else sent.end();
}

interface Outgoing {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string | string[]>;
  readonly rejectUnauthorized: boolean;
}

function dial(service: string, outgoing: Outgoing) {
  const socketPath = /^unix:(.+)$/.exec(service)?.[1];
  if (socketPath !== undefined) return httpRequest({ ...outgoing, socketPath });
  const { protocol, hostname, port } = new URL(service);
  const where = { ...outgoing, hostname: hostname.replace(/^\[|\]$/g, ""), port };
  return protocol === "https:" ? httpsRequest(where) : httpRequest(where);
}

function refuse(stream: ServerHttp2Stream, status: number): void {
  if (stream.destroyed) return;
  stream.respond({ ":status": status });
  stream.end();
}
