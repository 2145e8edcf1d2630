import { expect } from "vitest";
import { RawHttp } from "../fixtures/raw-http.ts";
import { until } from "../fixtures/until.ts";
import type { Lab } from "../tunnel/lab.ts";

/** Another tenant's stream that runs the whole time: abuse must not be felt by it. */
export interface Bystander {
  /** Events seen so far. */
  readonly events: number;
  /** The stream still delivers: some more events come, and a new request is served. */
  stillServed(): Promise<void>;
  stop(): void;
}

/** Opens an event stream of the lab's other tenant, with an event every 20 ms. */
export async function startBystander(lab: Lab): Promise<Bystander> {
  lab.otherUpstream.on("/ticks", (_req, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    const timer = setInterval(() => res.write("data: tick\n\n"), 20);
    res.once("close", () => clearInterval(timer));
  });
  lab.otherUpstream.on("/still", (_req, res) => res.end("still here"));
  const http = await RawHttp.open(lab.port, "127.0.0.9");
  http.request(["GET /ticks HTTP/1.1", `Host: ${lab.otherHost}`]);
  await http.readHead();
  const seen = { events: 0, ended: false };
  const reading = (async () => {
    for (;;) {
      await http.readChunk();
      seen.events++;
    }
  })().catch(() => {
    seen.ended = true;
  });
  return {
    get events() {
      return seen.events;
    },
    async stillServed() {
      const before = seen.events;
      await until(() => {
        if (seen.ended) throw new Error("the bystander's stream was cut");
        expect(seen.events).toBeGreaterThan(before + 2);
      });
      const other = await RawHttp.open(lab.port, "127.0.0.9");
      other.request(["GET /still HTTP/1.1", `Host: ${lab.otherHost}`]);
      expect((await other.response()).body.toString()).toBe("still here");
      other.close();
    },
    stop() {
      http.close();
      void reading;
    },
  };
}
