import { Agent, request } from "node:http";
import { expect, test } from "vitest";
import { within } from "../fixtures/gate.ts";
import { until } from "../fixtures/until.ts";
import { bodyOf } from "../standins/upstream.ts";
import { connect, makeTenant, tunnelLab } from "./lab.ts";

const lab = await tunnelLab();

/** How one request ended for its client: a status, or the error that it got instead. */
interface Ended {
  id: string;
  outcome: number | string;
}

/** Clients that ask one thing after the other; some keep their connection, some open one for each request. */
function startClients(host: string, count: number) {
  const ended: Ended[] = [];
  let stopped = false;
  const running = Array.from({ length: count }, async (_, n) => {
    const agent = new Agent({ keepAlive: n % 3 !== 0, maxSockets: 1 });
    for (let turn = 0; !stopped; turn++) {
      const id = `${n}-${turn}`;
      ended.push({ id, outcome: await ask(agent, host, id, turn % 2 === 0 ? "GET" : "POST") });
    }
    agent.destroy();
  });
  return {
    ended,
    async stop() {
      stopped = true;
      await Promise.all(running);
    },
  };
}

function ask(agent: Agent, host: string, id: string, method: string): Promise<number | string> {
  return new Promise((resolve) => {
    const body = method === "POST" ? `body of ${id}` : "";
    const headers = { host, "content-length": body.length };
    const asked = request(
      { agent, host: "127.0.0.1", port: lab.port, method, path: `/count?${id}`, headers },
      (res) => {
        let text = "";
        res.on("data", (chunk) => {
          text += chunk;
        });
        res.on("error", (error) => resolve(error.message));
        res.on("end", () => resolve(text === `did ${id}` ? res.statusCode! : text));
      },
    );
    asked.on("error", (error) => resolve(error.message));
    asked.end(body);
  });
}

test("a successor on the same port, then SIGTERM: under load no request fails and none runs twice", async () => {
  const tenant = await makeTenant(lab.world, { plan: "team" });
  const runs = new Map<string, number>();
  lab.upstream.on("/count", async (req, res) => {
    await bodyOf(req);
    const id = req.url!.split("?")[1]!;
    runs.set(id, (runs.get(id) ?? 0) + 1);
    setTimeout(() => res.end(`did ${id}`), 5 + (runs.size % 40));
  });
  await connect(lab.world, tenant, { to: lab.upstream.url, args: ["--connections", "2"] });
  await connect(lab.world, tenant, { to: lab.upstream.url });
  const clients = startClients(tenant.host, 12);
  await until(() => expect(clients.ended.length).toBeGreaterThan(50));

  const old = lab.world.relay.process;
  await lab.world.restartRelay();
  old.kill("SIGTERM");
  expect(await within(30_000, "end of the old relay", old.exited)).toBe(0);
  const before = clients.ended.length;
  await until(() => expect(clients.ended.length).toBeGreaterThan(before + 200));
  await clients.stop();

  const failed = clients.ended.filter(({ outcome }) => outcome !== 200);
  expect(failed.filter(({ id }) => !runs.has(id))).toEqual([]);
  expect(failed).toEqual([]);
  expect([...runs].filter(([, count]) => count !== 1)).toEqual([]);
  expect(runs.size).toBe(clients.ended.length);
});
