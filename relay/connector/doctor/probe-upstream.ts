import net from "node:net";
import tls from "node:tls";
import type { UpstreamTarget } from "../upstream/target.ts";

const TIMEOUT_MS = 5_000;
/** Enough for any status line. */
const ANSWER_BYTES = 4_096;

/** What came of one plain request. */
export type Probe =
  | { kind: "closed"; code: string }
  | { kind: "silent" }
  | { kind: "notHttp"; text: string }
  | { kind: "http"; status: number; text: string };

/** One GET on a socket of its own, with any Host; the answer's head is all that is read. */
export function probeUpstream(target: UpstreamTarget, path: string, host: string): Promise<Probe> {
  return new Promise((resolve) => {
    const { trusted, verify, serverName } = target.tls ?? {};
    const socket =
      target.tls === null
        ? net.connect({ host: target.host, port: target.port })
        : tls.connect({
            host: target.host,
            port: target.port,
            ...(net.isIP(serverName!) === 0 ? { servername: serverName } : {}),
            rejectUnauthorized: verify,
            ...(trusted && { ca: [...trusted] }),
          });
    let text = "";
    let connected = false;
    const finish = (probe: Probe) => {
      socket.destroy();
      resolve(probe);
    };
    const read = () => {
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
      if (status !== undefined) finish({ kind: "http", status: Number(status), text });
      else finish(text === "" ? { kind: "silent" } : { kind: "notHttp", text });
    };
    socket.setTimeout(TIMEOUT_MS, () => (connected ? read() : finish({ kind: "closed", code: "ETIMEDOUT" })));
    socket.once(target.tls === null ? "connect" : "secureConnect", () => {
      connected = true;
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: hotspot-doctor\r\nConnection: close\r\n\r\n`,
      );
    });
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.includes("\r\n") || text.length > ANSWER_BYTES) read();
    });
    socket.on("end", () => read());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (connected) read();
      else finish({ kind: "closed", code: error.code ?? error.message });
    });
  });
}

/** Whether something listens there. */
export function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(500, () => finish(false));
    socket.once("connect", () => finish(true));
    socket.once("error", () => finish(false));
  });
}
