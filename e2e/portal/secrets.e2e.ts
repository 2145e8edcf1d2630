import { expect, test, vi } from "vitest";
import { signUp } from "../fixtures/account.ts";
import { startConnector } from "../fixtures/connector-process.ts";
import { linkIn } from "../fixtures/mailbox.ts";
import { databaseTraces, fileTraces, leaks, processTraces } from "../fixtures/traces.ts";
import { startUpstream } from "../standins/upstream.ts";
import { portalWorld } from "./portal-world.ts";

// At the most talkative level: what is not written there is not written anywhere.
const world = await portalWorld({ portalEnv: { LOG_LEVEL: "trace" }, relayEnv: { LOG_LEVEL: "trace" } });

test("no secret that a run makes is in a log, a file, a command line or, unhashed, in the database", async () => {
  const upstream = await startUpstream();
  upstream.on("/v1/models", (_req, res) => res.end("models"));
  const account = await signUp(world.portalUrl, world.mailbox);
  const make = async (method: string, path: string, body?: unknown) => {
    const answer = await account.call(method, path, body);
    expect([path, answer.status]).toEqual([path, 200]);
    return (await answer.json()) as Record<string, string>;
  };
  const { endpointToken } = await make("POST", "/api/endpoints/register", { slug: "kept-quiet" });
  const { licenseKey } = await make("POST", "/api/license/key");
  const { secret: accessKey } = await make("POST", "/api/access-keys", { name: "consumer" });
  const { secret: apiKey } = await make("POST", "/api/api-keys", { name: "script" });
  const { connectorToken } = await make("POST", "/api/connectors/issue", { endpointSlug: "kept-quiet" });
  const rotated = await make("POST", "/api/endpoints/token/rotate", { slug: "kept-quiet" });
  const connector = await startConnector({
    licenseKey: licenseKey!,
    slug: "kept-quiet",
    to: upstream.url,
    portalUrl: world.portalUrl,
    configDir: `${world.dataDir}/connector`,
    env: { LOG_LEVEL: "trace" },
  });
  world.stopLater(connector);

  const secrets: Record<string, string> = {
    "the password": account.password,
    "the license key": licenseKey!,
    "the endpoint token": endpointToken!,
    "the new endpoint token": rotated.endpointToken!,
    "the access key": accessKey!,
    "the API key": apiKey!,
    "the connector token": connectorToken!,
    "the internal secret": world.secrets.internal,
    "the signing secret": world.secrets.signing,
    "the auth secret": world.secrets.auth,
    "a consumer's own upstream key": "sk-consumer-4711-own-upstream-key",
    "a wrong access key": "hs_key_00wrong00wrong00wrong00wrong00",
  };
  // Every secret is used where it belongs and shown where it does not.
  const { portalUrl } = world;
  const tenant = `http://${world.hostOf("kept-quiet")}`;
  for (const secret of Object.values(secrets)) {
    const headers = {
      authorization: `Bearer ${secret}`,
      "x-api-key": secret,
      "x-hotspot-proxy-auth": secret,
    };
    await fetch(`${tenant}/v1/models?key=${secret}`, { headers });
    await fetch(`${tenant}/none/of/them?token=${secret}`, { headers });
    await fetch(`${portalUrl}/v1/models`, { headers: { ...headers, "x-forwarded-host": secret } });
    await fetch(`${portalUrl}/api/endpoints`, { headers });
    await fetch(`${portalUrl}/api/endpoints/details`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ licenseKey: secret, deviceId: "d", slug: { wrong: secret } }),
    });
    await fetch(`${portalUrl}/api/connectors/verify`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ connectorToken: secret }),
    });
    await fetch(`${portalUrl}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: portalUrl },
      body: JSON.stringify({ email: account.email, password: secret }),
    });
  }
  for (const mail of await world.mailbox.all()) {
    const token = linkIn(mail, "/verify-email").searchParams.get("token");
    if (token) secrets["the token of the mail"] = token;
  }
  await vi.waitFor(async () => {
    const { length } = await world.db.selectFrom("request_log").select("id").execute();
    expect(length).toBeGreaterThan(10);
  }, 30_000);

  const traces = [
    ...(await processTraces(world.children)),
    ...(await fileTraces(world.dataDir, ["mailbox"])),
    ...(await databaseTraces(world.db)),
  ];
  // The search finds what is there: all three wrote of this run.
  for (const [where, mark] of [
    ["output of relay", "link ready"],
    ["output of portal", "/api/endpoints/details"],
    ["output of connector", "/none/of/them"],
    ["table request_log", "/v1/models"],
  ] as const) {
    expect(traces.find((trace) => trace.where === where)?.text).toContain(mark);
  }
  expect(leaks(traces, secrets)).toEqual([]);
  await upstream.stop();
});
