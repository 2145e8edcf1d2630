import { connect, type Socket } from "node:net";
import { Absent } from "./absent.ts";
import type { Load } from "./load.ts";
import { percentile } from "./stats.ts";

/**
 * A load generator for machines without wrk: raw sockets, one request in flight on each, answers with Content-Length
 * only. It shares the CPU with what it measures, so use it for ratios of one run, never for absolute figures.
 */
export const builtInLoad: Load = async (target, connections, seconds) => {
  if (target.secure) throw new Absent("TLS is measured with wrk, which is not on this machine");
  const fields = Object.entries(target.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const host = "Host" in target.headers ? "" : `Host: 127.0.0.1:${target.port}\r\n`;
  const request = Buffer.from(`GET ${target.path} HTTP/1.1\r\n${host}${fields.join("")}\r\n`);
  const latencies: number[] = [];
  const started = performance.now();
  const end = started + seconds * 1_000;
  await Promise.all(
    Array.from({ length: connections }, () =>
      drive(target.port, request, () => performance.now() < end, latencies),
    ),
  );
  const elapsed = (performance.now() - started) / 1_000;
  return {
    requests: latencies.length,
    requestsPerSecond: latencies.length / elapsed,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  };
};

function drive(port: number, request: Buffer, goOn: () => boolean, latencies: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let sentAt = 0;
    let buffer: Buffer = Buffer.alloc(0);
    let wanted = -1;
    const send = () => {
      sentAt = performance.now();
      wanted = -1;
      socket.write(request);
    };
    socket.on("connect", send);
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the connection was closed during the run")));
    socket.on("data", (chunk: Buffer) => {
      buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
      if (wanted < 0) {
        const head = buffer.indexOf("\r\n\r\n");
        if (head < 0) return;
        const text = buffer.toString("latin1", 0, head);
        const length = /^content-length: *(\d+)$/im.exec(text);
        if (!text.startsWith("HTTP/1.1 200") || !length) {
          return void socket.destroy(new Error(`not a plain 200: ${text.slice(0, 200)}`));
        }
        wanted = head + 4 + Number(length[1]);
      }
      if (buffer.length < wanted) return;
      latencies.push(performance.now() - sentAt);
      buffer = buffer.subarray(wanted);
      if (goOn()) return send();
      socket.removeAllListeners("close");
      socket.destroy();
      resolve();
    });
  });
}
