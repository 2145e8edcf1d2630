import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ByteReader } from "../../fixtures/byte-reader.ts";
import { type DelayProxy, startDelayProxy } from "./delay-proxy.ts";

const DELAY_MS = 20;
const MAX_BYTES = 256 * 1024;

describe("a delay between two sockets", () => {
  let server: Server | undefined;
  let proxy: DelayProxy | undefined;
  afterEach(async () => {
    await proxy?.stop();
    server?.close();
  });

  /** A client whose bytes reach `onSocket` through the delay. */
  async function through(onSocket: (socket: Socket) => void): Promise<Socket> {
    server = createServer({ allowHalfOpen: true }, onSocket).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    proxy = await startDelayProxy({ targetPort: port, delayMs: DELAY_MS, maxBytes: MAX_BYTES });
    const client = connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true });
    await once(client, "connect");
    return client;
  }

  it("takes one delay each way", async () => {
    const client = await through((socket) => socket.pipe(socket));
    const reader = new ByteReader(client);
    const started = performance.now();
    client.write("ping");
    expect((await reader.exactly(4)).toString()).toBe("ping");
    // A timer never fires early; how late it does is the machine's business.
    expect(performance.now() - started).toBeGreaterThanOrEqual(2 * DELAY_MS - 1);
    client.destroy();
  });

  it("keeps every byte in order over many windows, and passes the end of each direction on by itself", async () => {
    const length = 8 * MAX_BYTES;
    const sent = Buffer.from(Uint32Array.from({ length: length / 4 }, (_, n) => n).buffer);
    const client = await through((socket) => {
      const seen: Buffer[] = [];
      socket.on("data", (chunk) => seen.push(chunk));
      // Answers only once the client has said that it is done.
      socket.once("end", () => socket.end(Buffer.concat(seen)));
    });
    const reader = new ByteReader(client);
    client.end(sent);
    expect((await reader.toEnd()).equals(sent)).toBe(true);
  });

  it("stops reading when the far end does not take what is due", async () => {
    let stalled: Socket | undefined;
    const client = await through((socket) => {
      stalled = socket.pause();
    });
    client.on("error", () => undefined);
    const block = Buffer.alloc(64 * 1024);
    let accepted = 0;
    // More than all the buffers on the way could hold, unless somebody keeps it in memory.
    const all = 256 * 1024 * 1024;
    const quiet = () => new Promise((resolve) => setTimeout(() => resolve("stuck"), 15 * DELAY_MS));
    while (accepted < all) {
      const taken = new Promise((resolve) => client.write(block, () => resolve("taken")));
      if ((await Promise.race([taken, quiet()])) === "stuck") break;
      accepted += block.length;
    }
    expect(accepted).toBeLessThan(64 * 1024 * 1024);
    stalled?.destroy();
    client.destroy();
  });

  it("cuts the other side off when one is reset", async () => {
    const client = await through((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.resetAndDestroy());
    });
    const ended = new Promise<string>((resolve) => {
      client.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
    });
    client.resume().write("x");
    expect(await ended).toBe("ECONNRESET");
  });
});
