import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface ChaosUpstream {
  readonly url: string;
  stop(): Promise<void>;
}

/** Answers like what people put behind a tunnel: small JSON, an event stream of some moments, a large body, an upload. */
export async function startChaosUpstream(): Promise<ChaosUpstream> {
  const large = Buffer.alloc(400_000, "large ");
  const server = createServer((req, res) => {
    // A killed relay cuts connections in the middle; that is what the run is about.
    res.on("error", () => undefined);
    const silence = /^\/silence\?(head|body)=(\d+)$/.exec(req.url ?? "");
    if (silence !== null) {
      if (silence[1] === "body") res.write("before ");
      const timer = setTimeout(
        () => res.end(silence[1] === "body" ? "after" : "before after"),
        Number(silence[2]) * 1_000,
      );
      res.once("close", () => clearTimeout(timer));
      return;
    }
    switch (req.url) {
      case "/stream": {
        res.writeHead(200, { "content-type": "text/event-stream" });
        let events = 0;
        const timer = setInterval(() => {
          res.write(`data: {"n":${events}}\n\n`);
          if (++events < 12) return;
          clearInterval(timer);
          res.end("data: [DONE]\n\n");
        }, 25);
        res.once("close", () => clearInterval(timer));
        return;
      }
      case "/large":
        res.writeHead(200, { "content-length": large.length }).end(large);
        return;
      default: {
        let bytes = 0;
        req.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
        });
        req.on("error", () => undefined);
        req.on("end", () =>
          res.writeHead(200, { "content-type": "application/json" }).end(`{"got":${bytes}}`),
        );
      }
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
