import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import packet, { type Answer } from "dns-packet";

/** A name server with the records that a test sets; everything else is no such name. Over UDP. */
export class DnsStandIn {
  readonly texts = new Map<string, string[]>();
  readonly cnames = new Map<string, string>();
  readonly addresses = new Map<string, string>();
  /** Names and kinds that were asked for. */
  readonly asked: string[] = [];
  private readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("message", (message, peer) => {
      const query = packet.decode(message);
      const question = query.questions?.[0];
      if (!question) return;
      const { answers, known } = this.answer(question.name.toLowerCase(), question.type);
      const reply = packet.encode({
        type: "response",
        id: query.id,
        // Authoritative; RCODE 3 for a name that does not exist (RFC 1035 section 4.1.1).
        flags: packet.AUTHORITATIVE_ANSWER | packet.RECURSION_AVAILABLE | (known ? 0 : 3),
        questions: [question],
        answers,
      });
      socket.send(reply, peer.port, peer.address);
    });
  }

  static async start(): Promise<DnsStandIn> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new DnsStandIn(socket);
  }

  /** As DNS_SERVERS takes it. */
  get server(): string {
    return `127.0.0.1:${(this.socket.address() as AddressInfo).port}`;
  }

  addText(name: string, value: string): void {
    this.texts.set(name, [...(this.texts.get(name) ?? []), value]);
  }

  removeText(name: string, value: string): void {
    this.texts.set(
      name,
      (this.texts.get(name) ?? []).filter((text) => text !== value),
    );
  }

  stop(): void {
    this.socket.close();
  }

  private answer(name: string, type: string): { answers: Answer[]; known: boolean } {
    this.asked.push(`${type} ${name}`);
    const target = this.cnames.get(name);
    if (target !== undefined) {
      const alias: Answer = { type: "CNAME", name, ttl: 1, data: target };
      return {
        answers: type === "CNAME" ? [alias] : [alias, ...this.answer(target, type).answers],
        known: true,
      };
    }
    const texts = this.texts.get(name) ?? [];
    const address = this.addresses.get(name);
    const answers: Answer[] = [];
    if (type === "TXT") for (const text of texts) answers.push({ type: "TXT", name, ttl: 1, data: text });
    if (type === "A" && address !== undefined) answers.push({ type: "A", name, ttl: 1, data: address });
    return { answers, known: texts.length > 0 || address !== undefined };
  }
}
