import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GoawayCode } from "../../protocol/codes.ts";
import { bytes } from "../../protocol/testing/recorder.ts";
import { ExitCode, type ExitError } from "../exit.ts";
import { directNetwork } from "../network/network.ts";
import { PortalClient } from "../portal/client.ts";
import { Client } from "../testing/link.ts";
import { portalError, startTestRelay, type TestRelay } from "../testing/relay.ts";
import { Connector, type ConnectorOptions } from "./connector.ts";
import { createDial } from "./dial.ts";
import { TokenSource } from "./token-source.ts";

let relay: TestRelay;
const connectors: Connector[] = [];
beforeEach(async () => {
  relay = await startTestRelay();
});
afterEach(async () => {
  await Promise.all(connectors.splice(0).map((connector) => connector.stop(0)));
  relay.close();
});

const until = (condition: () => unknown, timeout = 4_000) =>
  vi.waitFor(() => expect(condition()).toBeTruthy(), { timeout, interval: 5 });

function start(options: Partial<ConnectorOptions> = {}) {
  const client = new PortalClient({
    portal: relay.portalUrl,
    credential: { kind: "license", licenseKey: "hs_lic_x" },
    deviceId: "dev-1",
    network: directNetwork,
  });
  const heard = { up: 0, troubles: [] as string[], exit: null as ExitError | null };
  const connector = new Connector({
    slug: "acme",
    links: 1,
    tokens: new TokenSource(() => client.issueConnector("acme")),
    dial: createDial(directNetwork),
    relayUrl: null,
    onOpen: (stream) => {
      stream.head(bytes("HTTP/1.1 200 OK\r\n\r\n"), true);
      return { onData() {}, onTrailers() {}, onReset() {}, onWritable() {} };
    },
    log: () => undefined,
    onLinks: (up) => {
      heard.up = up;
    },
    onTrouble: (message) => heard.troubles.push(message),
    onExit: (error) => {
      heard.exit = error;
    },
    retry: true,
    ...options,
  });
  connectors.push(connector);
  connector.start();
  return { connector, heard };
}

function request(index: number): Client {
  const client = new Client();
  const stream = relay.links[index]!.session.open(
    0,
    0,
    bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    true,
    client,
  );
  if (stream === null) throw new Error("refused");
  client.stream = stream;
  return client;
}

test("opens its links with one token, says who it is, and serves streams", async () => {
  const { heard } = start({ links: 2 });
  await until(() => heard.up === 2);
  expect(relay.asked).toEqual([
    {
      path: "/api/connectors/issue",
      body: {
        licenseKey: "hs_lic_x",
        deviceId: "dev-1",
        endpointSlug: "acme",
        deviceName: expect.stringMatching(/./),
        platform: expect.stringMatching(/^\w+-\w+$/),
      },
      authorization: undefined,
    },
  ]);
  expect(relay.links.map(({ token }) => token)).toEqual(["token-1", "token-1"]);
  expect(relay.links.map(({ hello }) => hello?.linkIndex).sort()).toEqual([0, 1]);
  expect(relay.links[0]?.hello).toMatchObject({ versions: [1], links: 2, subdomain: "acme" });
  const client = request(0);
  await until(() => client.ended);
  expect(client.status).toBe(200);
});

test("the state of the upstream is told on every link, later ones too, and not to a relay that does not know it", async () => {
  const { connector, heard } = start({ links: 2 });
  await until(() => heard.up === 2);
  connector.setState(false, "health check failed");
  connector.setState(false, "health check failed");
  await until(() => relay.links.every(({ states }) => states.length === 1));
  relay.links[0]!.socket.terminate();
  await until(() => relay.links[2]?.states.length === 1);
  connector.setState(true, "");
  await until(() => relay.links[2]?.states.length === 2);
  expect(relay.links[1]!.states).toEqual([
    { accepting: false, reason: "health check failed" },
    { accepting: true, reason: "" },
  ]);
  relay.welcome = { features: [] };
  connector.setState(false, "again");
  relay.links[1]!.socket.terminate();
  await until(() => relay.links[3]?.session.accepting && heard.up === 2);
  expect(relay.links[3]!.states).toEqual([]);
});

test("a lost link comes back within a fraction of a second, with the same token", async () => {
  const { heard } = start();
  await until(() => heard.up === 1);
  const lostAt = performance.now();
  relay.links[0]!.socket.terminate();
  await until(() => relay.links[1]?.session.accepting);
  expect(performance.now() - lostAt).toBeLessThan(1_000);
  expect(relay.tokensIssued).toBe(1);
  await until(() => heard.up === 1);
});

test("DRAIN: a new link is up while the old one finishes what runs", async () => {
  let finish: () => void = () => undefined;
  const { heard } = start({
    onOpen: (stream) => {
      finish = () => stream.head(bytes("HTTP/1.1 204 No Content\r\n\r\n"), true);
      return { onData() {}, onTrailers() {}, onReset() {}, onWritable() {} };
    },
  });
  await until(() => heard.up === 1);
  const client = request(0);
  await until(() => finish.toString().includes("204"));
  relay.links[0]!.session.goaway(GoawayCode.drain, "deploy");
  await until(() => relay.links[1]?.session.accepting);
  expect(client.ended).toBe(false);
  finish();
  await until(() => client.ended);
  // A request that had reached the relay before may still come on the old link, which the relay closes.
  finish = () => undefined;
  const late = request(0);
  await until(() => finish.toString().includes("204"));
  finish();
  await until(() => late.ended);
  relay.links[0]!.session.close(GoawayCode.drain, "deploy");
  await until(() => relay.links[0]!.socket.readyState === 3);
  expect(heard).toMatchObject({ up: 1, troubles: [] });
  expect(relay.links).toHaveLength(2);
});

test("a refused token is replaced, and the portal's reason ends it", async () => {
  relay.refuse = (token) => (token === "token-1" ? 401 : null);
  const first = start();
  await until(() => first.heard.up === 1);
  expect(relay.links[0]?.token).toBe("token-2");
  relay.refuse = () => 403;
  relay.portal = () => portalError(403, "endpoint_suspended", "this endpoint is suspended");
  relay.links[0]!.socket.terminate();
  await until(() => first.heard.exit);
  expect(first.heard.exit).toMatchObject({
    exitCode: ExitCode.suspended,
    message: "this endpoint is suspended (request req_1)",
  });
});

test.each([
  [GoawayCode.revoked, ExitCode.suspended],
  [GoawayCode.suspended, ExitCode.suspended],
  [GoawayCode.version, ExitCode.unexpected],
])("GOAWAY %i ends it with exit code %i", async (code, exitCode) => {
  const { heard } = start();
  await until(() => heard.up === 1);
  relay.links[0]!.session.close(code, "because");
  await until(() => heard.exit);
  expect(heard.exit).toMatchObject({ exitCode, message: expect.stringContaining("because") });
});

test("too many links: goes on with those it has", async () => {
  const { heard } = start({ links: 2 });
  await until(() => heard.up === 2);
  relay.links[1]!.session.close(GoawayCode.tooManyLinks, "plan");
  await until(() => heard.troubles.length === 1);
  expect(heard.troubles[0]).toBe("running with fewer links: plan");
  expect(heard).toMatchObject({ up: 1, exit: null });
});

test("a token that runs out is replaced and the link moves, without a gap", async () => {
  relay.tokenLifeMs = 1_000;
  const { heard } = start();
  await until(() => heard.up === 1);
  relay.tokenLifeMs = 3_600_000;
  await until(() => relay.links[1]?.session.accepting);
  expect(relay.links.map(({ token }) => token)).toEqual(["token-1", "token-2"]);
  await until(() => relay.links[0]!.goaways.length === 1);
  expect(relay.links[0]!.goaways[0]?.code).toBe(GoawayCode.drain);
});

test("a link that swallows everything is noticed by silence", async () => {
  relay.welcome = { pingIntervalMs: 1_000, idleTimeoutMs: 2_000 };
  const { heard } = start();
  await until(() => heard.up === 1);
  relay.links[0]!.socket.pause();
  relay.links[0]!.socket.removeAllListeners("message");
  await until(() => relay.links[1]?.session.accepting, 4_500);
  expect(heard.troubles).toEqual(["link lost: nothing heard for too long"]);
}, 10_000);

test("without retry the first failure to reach the relay or the portal ends it", async () => {
  relay.refuse = () => 500;
  const { heard } = start({ retry: false });
  await until(() => heard.exit);
  expect(heard.exit?.exitCode).toBe(ExitCode.unreachable);
  relay.close();
  const second = start({ retry: false });
  await until(() => second.heard.exit);
  expect(second.heard.exit?.exitCode).toBe(ExitCode.unreachable);
});

test("a portal that is away is asked again", async () => {
  relay.portal = () => ({ status: 502, body: null });
  const { heard } = start();
  await until(() => relay.asked.length >= 3);
  relay.portal = () => null;
  await until(() => heard.up === 1);
  // The same trouble is told once.
  expect(heard.troubles).toEqual(["the portal answered 502 to POST /api/connectors/issue"]);
  expect(heard.exit).toBeNull();
});

test("stop lets running streams finish", async () => {
  let finish: () => void = () => undefined;
  const { connector, heard } = start({
    onOpen: (stream) => {
      finish = () => stream.head(bytes("HTTP/1.1 204 No Content\r\n\r\n"), true);
      return { onData() {}, onTrailers() {}, onReset() {}, onWritable() {} };
    },
  });
  await until(() => heard.up === 1);
  const client = request(0);
  await until(() => finish.toString().includes("204"));
  const stopped = connector.stop(5_000);
  await until(() => relay.links[0]!.goaways.length === 1);
  expect(relay.links[0]!.session.accepting).toBe(false);
  finish();
  await stopped;
  expect(client.ended).toBe(true);
});
