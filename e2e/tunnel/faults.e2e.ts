import { describe, expect, test, vi } from "vitest";
import { gate, within } from "../fixtures/gate.ts";
import { promised } from "../fixtures/promised.ts";
import { fieldValues, RawHttp, rawRequest } from "../fixtures/raw-http.ts";
import { until } from "../fixtures/until.ts";
import { connect, makeTenant, tunnelLab } from "./lab.ts";

const lab = await tunnelLab();
const { world } = lab;

const ask = (host: string, path: string, method = "GET") =>
  rawRequest(lab.port, [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host}`,
    ...(method === "POST" ? ["Content-Length: 0"] : []),
  ]);

describe("the connector is killed", () => {
  test("in mid-request: 502 when no byte was sent, a cut connection when some were; parked requests are served by its successor", async () => {
    const tenant = await makeTenant(world);
    const first = await connect(world, tenant, { to: lab.upstream.url });
    const arrived = gate();
    lab.upstream.on("/killed-before", () => arrived.open());
    lab.upstream.on("/killed-inside", (_req, res) => res.write("part"));
    lab.upstream.on("/again", (_req, res) => res.end("again"));

    const before = ask(tenant.host, "/killed-before", "POST");
    await within(30_000, "request at the upstream", arrived.opened);
    const inside = await RawHttp.open(lab.port);
    inside.request(["GET /killed-inside HTTP/1.1", `Host: ${tenant.host}`]);
    await inside.readHead();
    expect((await inside.readChunk()).toString()).toBe("part");

    first.kill("SIGKILL");
    await first.exited;
    const refused = await within(30_000, "502", before);
    expect(refused.status).toBe(502);
    expect(fieldValues(refused, "hotspot-error")).toHaveLength(1);
    await within(30_000, "cut", inside.closed());
    expect((await inside.rest()).toString()).toBe("");

    const parked = [1, 2, 3].map(() => ask(tenant.host, "/again"));
    await connect(world, tenant, { to: lab.upstream.url });
    const answers = await within(promised(2_000), "parked requests after the return", Promise.all(parked));
    expect(answers.map((answer) => answer.body.toString())).toEqual(["again", "again", "again"]);
  });

  test("a safe request in flight is tried again on the other connector", async () => {
    const tenant = await makeTenant(world);
    const connectors = [
      await connect(world, tenant, { to: lab.upstream.url }),
      await connect(world, tenant, { to: lab.otherUpstream.url }),
    ];
    const arrivals = [gate(), gate()];
    let killed = false;
    for (const [n, upstream] of [lab.upstream, lab.otherUpstream].entries()) {
      upstream.on("/retried", (_req, res) => {
        if (killed) res.end("second try");
        else arrivals[n]!.open();
      });
    }
    const answer = ask(tenant.host, "/retried");
    const holder = await Promise.race(arrivals.map(({ opened }, n) => opened.then(() => n)));
    killed = true;
    connectors[holder]!.kill("SIGKILL");
    expect((await within(30_000, "second try", answer)).body.toString()).toBe("second try");
  });

  test("SIGTERM lets a running stream end, then it exits with 0 and counts as offline at once", async () => {
    const tenant = await makeTenant(world);
    const connector = await connect(world, tenant, { to: lab.upstream.url });
    const finish = gate();
    lab.upstream.on("/last-stream", async (_req, res) => {
      res.write("begin ");
      await finish.opened;
      res.end("end");
    });
    const http = await RawHttp.open(lab.port);
    http.request(["GET /last-stream HTTP/1.1", `Host: ${tenant.host}`]);
    await http.readHead();
    expect((await http.readChunk()).toString()).toBe("begin ");
    connector.kill("SIGTERM");
    finish.open();
    expect((await within(30_000, "rest of the stream", http.readChunk())).toString()).toBe("end");
    expect(await within(30_000, "exit", connector.exited)).toBe(0);
    await until(async () => {
      const rows = await world.db
        .selectFrom("connectors")
        .select("status")
        .where("tenant_id", "=", tenant.tenantId)
        .execute();
      expect(rows.map((row) => row.status)).toEqual(["offline"]);
    });
    http.close();
  });
});

describe("the relay is stopped", () => {
  test("kill -9 while idle: the connector comes back by itself and requests are served within 3 s of the restart", async () => {
    lab.upstream.on("/after-kill", (_req, res) => res.end("served"));
    expect((await ask(lab.host, "/after-kill")).body.toString()).toBe("served");
    world.relay.process.kill("SIGKILL");
    await world.relay.process.exited;
    await world.restartRelay();
    const answer = await within(promised(3_000), "service after the restart", ask(lab.host, "/after-kill"));
    expect([answer.status, answer.body.toString()]).toEqual([200, "served"]);
  });

  test("SIGTERM: a running stream ends whole, nothing new is taken, the exit code is 0, and connectors move on", async () => {
    const finish = gate();
    lab.upstream.on("/drained", async (_req, res) => {
      res.write("begin ");
      await finish.opened;
      res.end("end");
    });
    lab.upstream.on("/after-drain", (_req, res) => res.end("served"));
    const http = await RawHttp.open(lab.port);
    http.request(["GET /drained HTTP/1.1", `Host: ${lab.host}`]);
    await http.readHead();
    expect((await http.readChunk()).toString()).toBe("begin ");

    const draining = world.relay.process;
    draining.kill("SIGTERM");
    // It listens a little longer, so that a successor can take over the port without a gap.
    await vi.waitFor(async () => expect(await isRefused(lab.port)).toBe(true), 30_000);
    expect(draining.running).toBe(true);
    finish.open();
    expect((await within(30_000, "rest of the stream", http.readChunk())).toString()).toBe("end");
    expect((await http.readChunk()).length).toBe(0);
    await within(30_000, "close of the idle connection", http.closed());
    http.close();
    expect(await within(30_000, "exit", draining.exited)).toBe(0);

    await world.restartRelay();
    const answer = await within(30_000, "service by the successor", ask(lab.host, "/after-drain"));
    expect([answer.status, answer.body.toString()]).toEqual([200, "served"]);
  });
});

/** Nobody listens there. */
function isRefused(port: number): Promise<boolean> {
  return RawHttp.open(port).then(
    (http) => {
      http.close();
      return false;
    },
    () => true,
  );
}
