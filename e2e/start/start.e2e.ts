import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Stripe } from "stripe";
import { afterAll, describe, expect, it } from "vitest";
import { send } from "../fixtures/http.ts";
import { type DevJson, expectGone, hasDevJson, LocalRun } from "../fixtures/local-run.ts";

const base = mkdtempSync(join(tmpdir(), "hotspot-start-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const dataDir = join(base, "one");

const question = JSON.stringify({ model: "demo", messages: [{ role: "user", content: "Are you there?" }] });

/** A question to the model behind the tenant's public address. */
function ask({ tenantUrl }: DevJson) {
  const { host, port } = new URL(tenantUrl);
  const headers = { "content-type": "application/json" };
  return send(Number(port), host, "/v1/chat/completions", { method: "POST", headers, body: question });
}

function askPortal({ portalUrl }: DevJson, path: string) {
  const { host, port } = new URL(portalUrl);
  return send(Number(port), host, path);
}

function stripeOf({ stripeUrl }: DevJson): Stripe {
  const { hostname, port } = new URL(stripeUrl!);
  return new Stripe("sk_test_standin", { host: hostname, port, protocol: "http" });
}

describe("npm start", () => {
  let run: LocalRun;
  let dev: DevJson;

  it("runs everything and says where it is in dev.json", async () => {
    run = new LocalRun(dataDir);
    dev = await run.up();
    expect(dev).toMatchObject({
      portalUrl: expect.stringMatching(/^http:\/\/localhost:\d+$/),
      relayUrl: expect.stringMatching(/^http:\/\/localhost:\d+$/),
      baseDomain: "localhost",
      tenantUrl: `http://${dev.demo.slug}.localhost:${new URL(dev.relayUrl).port}`,
      adminUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      mailboxUrl: expect.stringContaining(dev.portalUrl),
      demo: {
        email: expect.stringContaining("@"),
        password: expect.any(String),
        licenseKey: expect.stringMatching(/^hs_lic_/),
        deviceId: expect.any(String),
        slug: expect.any(String),
        endpointToken: expect.stringMatching(/^hs_ep_/),
      },
      internalSecret: expect.stringMatching(/^.{32,}$/),
      stripeUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    });
    // A newcomer sees what goes wrong, so on a first start nothing does.
    const portalLog = readFileSync(join(dataDir, "logs", "portal.log"), "utf8");
    expect(portalLog.split("\n").filter((line) => line.includes('"level":"error"'))).toEqual([]);
    for (const file of ["dev.json", "secrets.json", "demo.json", "stripe.json"]) {
      expect(statSync(join(dataDir, file)).mode & 0o077, `${file} is private`).toBe(0);
    }
  });

  it("prints a curl line that answers", async () => {
    expect((await ask(dev)).json().choices[0].message.content).toContain("Are you there?");
    const line = run.output.split("\n").find((one) => one.trim().startsWith("curl "))!;
    expect(line).toContain(`${dev.tenantUrl}/v1/chat/completions`);
    // curl knows by itself where names below localhost are.
    const { stdout } = await promisify(execFile)("sh", ["-c", `${line.trim()} --silent --show-error --fail`]);
    expect(JSON.parse(stdout).object).toBe("chat.completion");
  });

  it("serves the portal, where the demo account can sign in, and its mailbox", async () => {
    expect((await askPortal(dev, "/")).status).toBe(200);
    expect((await askPortal(dev, new URL(dev.mailboxUrl).pathname)).status).toBe(200);
    const { host, port } = new URL(dev.portalUrl);
    const { email, password } = dev.demo;
    const answer = await send(Number(port), host, "/api/auth/sign-in/email", {
      method: "POST",
      headers: { "content-type": "application/json", origin: dev.portalUrl },
      body: JSON.stringify({ email, password }),
    });
    expect(answer.status, answer.text()).toBe(200);
    expect(answer.headers["set-cookie"]).toBeDefined();
  });

  it("brings a Stripe to try billing against, which knows our plans and whose webhooks arrive", async () => {
    expect(run.output).toContain("a stand-in (no STRIPE_SECRET_KEY); test card 4242 4242 4242 4242");
    const stripe = stripeOf(dev);
    // The portal provisions by itself.
    await expect
      .poll(async () => (await stripe.prices.list({ lookup_keys: ["hotspot_pro_seat"] })).data, {
        timeout: 20_000,
      })
      .toHaveLength(1);
    const { id } = await stripe.customers.create({ name: "Nobody's" });
    const deliveries = async () => {
      const { data } = await stripe.events.list({ type: "customer.created" });
      const event = data.find(({ data }) => (data.object as Stripe.Customer).id === id)!;
      const state = await fetch(`${dev.stripeUrl}/_control/state`, {
        method: "POST",
        headers: { "content-type": "application/json" },
      });
      const all = (await state.json()).deliveries as { event: string; state: string }[];
      return all.filter((one) => one.event === event.id).map((one) => one.state);
    };
    await expect.poll(deliveries, { timeout: 20_000 }).toEqual(["delivered"]);
  });

  it("is refused a second time on the same data directory, with what to do", async () => {
    const second = new LocalRun(dataDir);
    expect(await second.ended()).toEqual({ failed: true });
    expect(second.output).toMatch(/already runs.*HOTSPOT_DATA_DIR, PORT, RELAY_PORT/s);
    expect((await ask(dev)).status).toBe(200);
  });

  it("says which variable to change when a port is in use", async () => {
    const taken = new URL(dev.portalUrl).port;
    const second = new LocalRun(join(base, "port"), { PORT: taken });
    expect(await second.ended()).toEqual({ failed: true });
    expect(second.output).toContain(`Port ${taken} is in use. Set PORT to another one`);
  });

  it("runs beside another copy, and without the stand-in where there is a key of Stripe's", async () => {
    const other = new LocalRun(join(base, "two"), {
      STRIPE_SECRET_KEY: "sk_test_not_a_real_key",
      // Nobody there: no test talks to Stripe itself.
      STRIPE_API_BASE: "http://127.0.0.1:9",
    });
    const otherDev = await other.up();
    expect(otherDev.stripeUrl).toBeNull();
    expect(otherDev.pids).not.toHaveProperty("stripe");
    expect(other.output).not.toContain("stand-in");
    expect(otherDev.tenantUrl).not.toBe(dev.tenantUrl);
    expect(otherDev.demo.licenseKey).not.toBe(dev.demo.licenseKey);
    expect((await ask(otherDev)).status).toBe(200);
    const pids = other.pids;
    expect(await other.pressCtrlC()).toEqual({ failed: false });
    expect(other.output).toMatch(/Stopped\.\s*$/);
    await expectGone(pids);
    expect((await ask(dev)).status).toBe(200);
  });

  it("keeps the customers of its Stripe when that is killed, at the same address", async () => {
    const { id } = await stripeOf(dev).customers.create({ name: "Lasting" });
    const before = run.devJson().pids.stripe!;
    process.kill(before, "SIGKILL");
    await expect.poll(() => run.devJson().pids.stripe, { timeout: 20_000 }).not.toBe(before);
    expect(run.output).toMatch(/The stripe ended \(SIGKILL\)/);
    expect(await stripeOf(run.devJson()).customers.retrieve(id)).toMatchObject({ name: "Lasting" });
    expect(run.devJson().stripeUrl).toBe(dev.stripeUrl);
  });

  it.each(["relay", "connector", "portal"] as const)("brings a killed %s back", async (name) => {
    const before = run.devJson().pids[name];
    process.kill(before, "SIGKILL");
    await expect.poll(() => run.devJson().pids[name], { timeout: 20_000 }).not.toBe(before);
    await expect.poll(async () => (await ask(dev)).status, { timeout: 20_000 }).toBe(200);
    expect((await askPortal(dev, "/")).status).toBe(200);
    expect(run.output).toMatch(new RegExp(`The ${name} ended \\(SIGKILL\\)`));
  });

  it("leaves nothing behind after Ctrl-C", async () => {
    const pids = run.pids;
    expect(await run.pressCtrlC()).toEqual({ failed: false });
    expect(run.output).toMatch(/Stopped\.\s*$/);
    await expectGone(pids);
    expect(hasDevJson(dataDir)).toBe(false);
  });

  it("starts again quickly and has lost nothing", async () => {
    const startedAt = Date.now();
    run = new LocalRun(dataDir);
    const again = await run.up();
    console.log(`second start: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
    expect(again.demo).toEqual(dev.demo);
    expect(again.internalSecret).toBe(dev.internalSecret);
    const { data } = await stripeOf(again).customers.search({ query: 'name:"Lasting"' });
    expect(data).toHaveLength(1);
    expect((await ask(again)).status).toBe(200);
  });

  it("leaves nothing behind when it is killed or npm alone is told to end, and can be started at once", async () => {
    const pids = run.pids;
    process.kill(run.supervisorPid, "SIGKILL");
    await run.ended();
    const next = new LocalRun(dataDir);
    const again = await next.up();
    await expectGone(pids);
    expect(again.demo).toEqual(dev.demo);
    expect((await ask(again)).status).toBe(200);
    const nextPids = next.pids;
    next.terminateNpm();
    await expectGone(nextPids);
    expect(hasDevJson(dataDir)).toBe(false);
  });

  it("keeps secrets out of its logs", () => {
    const { secrets, demo } = {
      secrets: Object.values(JSON.parse(readFileSync(join(dataDir, "secrets.json"), "utf8"))) as string[],
      demo: dev.demo,
    };
    for (const name of ["portal", "relay", "connector", "stripe"]) {
      const log = readFileSync(join(dataDir, "logs", `${name}.log`), "utf8");
      for (const secret of [...secrets, demo.password, demo.licenseKey, demo.endpointToken]) {
        expect(log.includes(secret), `${name}.log holds a secret`).toBe(false);
      }
    }
  });
});
