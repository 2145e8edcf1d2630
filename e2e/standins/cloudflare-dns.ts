import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json as readJson } from "node:stream/consumers";
import type { DnsStandIn } from "./dns.ts";

interface TextRecord {
  id: string;
  type: "TXT";
  name: string;
  content: string;
  ttl: number;
  comment: string | null;
}

/** The DNS records of one zone as Cloudflare's API has them; what stands there is served by the name server. */
export class CloudflareDnsStandIn {
  readonly token = "cfut_stand-in-token-for-the-zone";
  readonly zoneId = "0123456789abcdef0123456789abcdef";
  readonly records = new Map<string, TextRecord>();
  /** Method and path of every call. */
  readonly calls: string[] = [];
  /** The next call is answered with this and does nothing. */
  failNext: { status: number; code: number; message: string } | null = null;
  private readonly server: Server;
  private readonly zone: string;
  private readonly dns: DnsStandIn;
  private made = 0;

  private constructor(zone: string, dns: DnsStandIn) {
    this.zone = zone;
    this.dns = dns;
    this.server = createServer((request, response) => {
      this.handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  static async start(zone: string, dns: DnsStandIn): Promise<CloudflareDnsStandIn> {
    const standIn = new CloudflareDnsStandIn(zone, dns);
    standIn.server.listen(0, "127.0.0.1");
    await once(standIn.server, "listening");
    return standIn;
  }

  get apiBase(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/client/v4`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, "http://cloudflare");
    this.calls.push(`${request.method} ${url.pathname}`);
    const refuse = (status: number, code: number, message: string) =>
      send(response, status, { success: false, errors: [{ code, message }], messages: [], result: null });
    const give = (result: unknown) =>
      send(response, 200, { success: true, errors: [], messages: [], result });
    if (request.headers.authorization !== `Bearer ${this.token}`)
      return refuse(403, 10000, "Authentication error");
    if (this.failNext) {
      const { status, code, message } = this.failNext;
      this.failNext = null;
      return refuse(status, code, message);
    }
    const [, id] =
      /^\/client\/v4\/zones\/0123456789abcdef0123456789abcdef\/dns_records(?:\/(\w+))?$/.exec(url.pathname) ??
      [];
    if (request.method === "GET" && id === undefined) {
      const name = url.searchParams.get("name.exact");
      return give([...this.records.values()].filter((record) => record.name === name));
    }
    if (request.method === "DELETE" && id !== undefined) {
      const record = this.records.get(id);
      if (!record) return refuse(404, 81044, "Record does not exist.");
      this.records.delete(id);
      this.dns.removeText(record.name, record.content.replaceAll('"', ""));
      return give({ id });
    }
    if (request.method !== "POST" || id !== undefined) return refuse(404, 7003, "Could not route");
    const body = (await readJson(request)) as Omit<TextRecord, "id">;
    if (body.type !== "TXT" || !body.name.endsWith(this.zone))
      return refuse(400, 9000, "DNS name is invalid.");
    if (
      [...this.records.values()].some(({ name, content }) => name === body.name && content === body.content)
    )
      return refuse(400, 81058, "An identical record already exists.");
    const record = { ...body, id: `rec${++this.made}` };
    this.records.set(record.id, record);
    this.dns.addText(record.name, record.content.replaceAll('"', ""));
    return give(record);
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
