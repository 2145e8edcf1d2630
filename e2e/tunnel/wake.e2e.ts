import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { freePort } from "../fixtures/free-port.ts";
import { until } from "../fixtures/until.ts";
import { connect, makeTenant } from "./lab.ts";
import { relayWorld } from "./relay-world.ts";

/** @see X3: the connector starts the upstream on the first request and stops it when nobody needs it. */

const world = await relayWorld();

/** A model server that takes a moment to load, as a script that the connector runs. */
const SERVER = `
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
const [port, log] = process.argv.slice(2);
appendFileSync(log, "start\\n");
let ready = false;
setTimeout(() => { ready = true; }, 500);
process.on("SIGTERM", () => { appendFileSync(log, "stop\\n"); process.exit(0); });
createServer(async (request, response) => {
  if (!ready) return response.writeHead(503).end();
  let body = "";
  for await (const chunk of request) body += chunk;
  response.end(request.url + " " + body);
}).listen(Number(port), "127.0.0.1");
`;

describe("an upstream that says it is ill", () => {
  test("is passed over while another connector's is well, and comes back", async () => {
    const tenant = await makeTenant(world);
    const ill = new Set<string>();
    for (const name of ["a", "b"]) {
      const server = createServer((request, response) => {
        response.statusCode = request.url === "/health" && ill.has(name) ? 503 : 200;
        response.end(name);
      }).listen(0, "127.0.0.1");
      await once(server, "listening");
      onTestFinished(() => void server.close());
      const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await connect(world, tenant, { to, args: ["--health", "/health", "--health-seconds", "1"] });
    }
    const answers = async () => {
      const names: string[] = [];
      for (let at = 0; at < 8; at++) names.push(await (await fetch(tenant.url)).text());
      return [...new Set(names)].sort().join("");
    };
    await until(async () => expect(await answers()).toBe("ab"));
    ill.add("a");
    await until(async () => expect(await answers()).toBe("b"));
    // Nobody well is left: better an ill one than none.
    ill.add("b");
    await until(async () => expect(await answers()).toBe("ab"));
    ill.delete("a");
    await until(async () => expect(await answers()).toBe("a"));
  });
});

describe("an upstream that is started by the first request", () => {
  test("serves 50 waiting requests from one start, is stopped when idle, and started again", async () => {
    const tenant = await makeTenant(world);
    const port = await freePort();
    const log = join(world.scratchDir, `${tenant.slug}.log`);
    const script = join(world.scratchDir, `${tenant.slug}.mjs`);
    await writeFile(script, SERVER);
    await connect(world, tenant, {
      to: `http://127.0.0.1:${port}`,
      args: [
        ...["--wake", `exec "${process.execPath}" "${script}" ${port} "${log}"`, "--health", "/health"],
        // Longer than a busy machine takes between two of the fifty.
        ...["--idle-seconds", "4"],
      ],
    });
    const lines = async () => (await readFile(log, "utf8").catch(() => "")).trim().split("\n");
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, at) => {
        const body = at % 2 === 0 ? undefined : `body ${at}`;
        const method = body === undefined ? "GET" : "POST";
        const response = await fetch(`${tenant.url}/r/${at}`, { method, ...(body && { body }) });
        return { status: response.status, text: await response.text() };
      }),
    );
    for (const [at, answer] of answers.entries()) {
      expect(answer).toEqual({ status: 200, text: `/r/${at} ${at % 2 === 0 ? "" : `body ${at}`}` });
    }
    expect(await lines()).toEqual(["start"]);
    await until(async () => expect((await lines()).at(-1)).toBe("stop"));
    expect(await (await fetch(`${tenant.url}/again`)).text()).toBe("/again ");
    expect((await lines()).slice(0, 3)).toEqual(["start", "stop", "start"]);
    const logged = () =>
      world.db
        .selectFrom("request_log")
        .select(["queue_ms", "tunnel_ms", "upstream_ms"])
        .where("endpoint_id", "=", tenant.endpointId)
        .where("path", "=", "/again")
        .executeTakeFirstOrThrow();
    // The time that it slept is the upstream's, not the tunnel's.
    const timing = await until(logged);
    expect(timing.upstream_ms).toBeGreaterThanOrEqual(450);
    expect(timing.tunnel_ms).not.toBeNull();
    expect(timing.tunnel_ms).toBeLessThan(timing.upstream_ms ?? 0);
  });

  test("that does not start gives 502 to the client, and the reason to its owner only", async () => {
    const tenant = await makeTenant(world);
    const connector = await connect(world, tenant, {
      to: `http://127.0.0.1:${await freePort()}`,
      args: ["--wake", "echo the model file is missing; exit 4"],
    });
    const response = await fetch(`${tenant.url}/v1/models`);
    const body = await response.text();
    expect(response.status).toBe(502);
    expect(response.headers.get("hotspot-error")).toBe("upstream_unreachable");
    expect(body).not.toContain("model file");
    expect([...connector.stdout, ...connector.stderr].join("\n")).toContain(
      "its command ended with code 4: the model file is missing",
    );
  });
});
