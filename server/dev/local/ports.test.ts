import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, expect, it } from "vitest";
import { choosePort, tcpPortsOf } from "./ports.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function occupy(host?: string): Promise<number> {
  const server = createServer();
  servers.push(server);
  return new Promise((resolve) => {
    server.listen({ port: 0, host }, () => resolve((server.address() as AddressInfo).port));
  });
}

it("finds a free port for 0", async () => {
  expect(await choosePort("PORT", 0)).toBeGreaterThan(0);
});

it("names the variable to change when the port is in use", async () => {
  const port = await occupy();
  await expect(choosePort("RELAY_PORT", port)).rejects.toThrow(`Port ${port} is in use. Set RELAY_PORT to`);
});

it("sees a port that is in use on the loopback address only", async () => {
  const port = await occupy("127.0.0.1");
  await expect(choosePort("PORT", port)).rejects.toThrow(/in use/);
});

it("copies side by side get TCP ports of their own, all of them usable", () => {
  expect(tcpPortsOf(8_789)).toBe("20000-20099");
  expect(tcpPortsOf(8_790)).toBe("20100-20199");
  for (const relayPort of [1, 80, 8_788, 8_908, 65_535]) {
    const [first, last] = tcpPortsOf(relayPort).split("-").map(Number);
    expect([first! >= 20_000, last! < 32_768, last! - first!]).toEqual([true, true, 99]);
  }
});
