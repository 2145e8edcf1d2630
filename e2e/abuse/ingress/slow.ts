import { describe, expect, test } from "vitest";
import { gate, within } from "../../fixtures/gate.ts";
import { RawHttp } from "../../fixtures/raw-http.ts";
import { bodyOf } from "../../standins/upstream.ts";
import type { Lab } from "../../tunnel/lab.ts";

/** Clients that are slow on purpose. The timers of this relay are a second or two; the product's are in `edge-timers.test.ts`. */
export function slow(lab: Lab): void {
  const drip = (http: RawHttp, bytes: string) => {
    let at = 0;
    const timer = setInterval(() => http.send(bytes[at++ % bytes.length]!), 50);
    http.socket.once("close", () => clearInterval(timer));
  };

  describe.concurrent("slow clients", () => {
    test("a head that drips is answered 408 and closed, whatever comes", async () => {
      const http = await RawHttp.open(lab.port);
      http.send("GET /slow HTTP/1.1\r\nX-Drip: ");
      drip(http, "x");
      expect((await within(30_000, "408", http.response())).status).toBe(408);
      await within(30_000, "close", http.closed());
      http.close();
    });

    test("a body that stops is answered 408, and the upstream's request is cut", async () => {
      const cut = gate();
      lab.upstream.on("/slow-body", (req) => bodyOf(req).catch(() => cut.open()));
      const http = await RawHttp.open(lab.port);
      http.request(["POST /slow-body HTTP/1.1", `Host: ${lab.host}`, "Content-Length: 1000"], "some");
      expect((await within(30_000, "408", http.response())).status).toBe(408);
      await within(30_000, "cut at the upstream", cut.opened);
      http.close();
    });

    test("a reader that takes nothing is cut, and so is its answer at the upstream", async () => {
      const gone = gate();
      lab.upstream.on("/slow-reader", (_req, res) => {
        const block = Buffer.alloc(65_536);
        const more = () => {
          while (!res.destroyed && res.write(block));
        };
        res.on("drain", more).on("close", () => gone.open());
        more();
      });
      const http = await RawHttp.open(lab.port);
      http.request(["GET /slow-reader HTTP/1.1", `Host: ${lab.host}`]);
      await http.readHead();
      http.socket.pause();
      await within(30_000, "end at the upstream", gone.opened);
      http.close();
    });

    test("a connection that says nothing, and one that is kept and says nothing more, are closed without a word", async () => {
      lab.upstream.on("/kept", (_req, res) => res.end("kept"));
      const silent = await RawHttp.open(lab.port);
      const kept = await RawHttp.open(lab.port);
      kept.request(["GET /kept HTTP/1.1", `Host: ${lab.host}`]);
      expect((await kept.response()).body.toString()).toBe("kept");
      for (const http of [silent, kept]) {
        expect(await within(30_000, "close", http.closed())).toBe("clean");
        expect(http.unread).toBe(0);
        http.close();
      }
    });

    test("a client that half-closes gets its answer; one that is gone ends its request at the upstream", async () => {
      const arrived = gate();
      const aborted = gate();
      lab.upstream.on("/half-closed", async (_req, res) => {
        res.write("first ");
        await arrived.opened;
        res.end("second");
      });
      const asked = gate();
      lab.upstream.on("/gone", (req) => {
        req.once("close", () => aborted.open());
        asked.open();
      });
      const half = await RawHttp.open(lab.port);
      half.request(["GET /half-closed HTTP/1.1", `Host: ${lab.host}`]);
      half.socket.end();
      await half.readHead();
      expect((await half.readChunk()).toString()).toBe("first ");
      arrived.open();
      // A leading zero may come before the size: the relay asks whether anybody still listens.
      expect((await half.readChunk()).toString()).toBe("second");
      half.close();
      const gone = await RawHttp.open(lab.port);
      gone.request(["GET /gone HTTP/1.1", `Host: ${lab.host}`]);
      await within(30_000, "request at the upstream", asked.opened);
      gone.socket.resetAndDestroy();
      await within(30_000, "abort at the upstream", aborted.opened);
    });
  });
}
