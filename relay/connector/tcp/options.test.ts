import { describe, expect, it } from "vitest";
import { readTcpTunnels, TcpOptionsError, withTarget } from "./options.ts";

const local = (name: string, port: number) => ({ name, host: "127.0.0.1", port, proxyProtocol: false });

describe("TCP tunnels of one endpoint", () => {
  it.each([
    ["22", [local("22", 22)]],
    ["22, db=5432", [local("22", 22), local("db", 5_432)]],
    ["db=10.0.0.5:5432", [{ ...local("db", 5_432), host: "10.0.0.5" }]],
    ["db.internal:5432", [{ ...local("5432", 5_432), host: "db.internal" }]],
    ["six=[2001:db8::1]:22", [{ ...local("six", 22), host: "2001:db8::1" }]],
    ["", []],
    [
      '[22,"web=80",{"name":"db","to":"10.0.0.5:5432","proxy-protocol":true},{"to":25},{"name":993}]',
      [
        local("22", 22),
        local("web", 80),
        { name: "db", host: "10.0.0.5", port: 5_432, proxyProtocol: true },
        local("25", 25),
        local("993", 993),
      ],
    ],
  ])("are read from %j", (text, tunnels) => {
    expect(readTcpTunnels(text, false)).toEqual(tunnels);
  });

  it("say who the client is when asked to, unless an entry says otherwise", () => {
    const read = readTcpTunnels('[22,{"name":"db","to":5432,"proxy-protocol":false}]', true);
    expect(read.map(({ proxyProtocol }) => proxyProtocol)).toEqual([true, false]);
  });

  it.each([
    "0",
    "65536",
    "ssh",
    "a b=22",
    "-=22",
    "db=",
    "22,22",
    "http://127.0.0.1:22",
    "user@host:22",
    '[{"name":"db"}]',
    "[{}]",
    "[true]",
    '[{"name":"db","to":1,"port":2}]',
    "[[22]]",
  ])("are refused: %j", (text) => {
    expect(() => readTcpTunnels(text, false)).toThrow(TcpOptionsError);
  });
});

describe("--to of `hotspot tcp`", () => {
  it.each([
    [["22"], "10.0.0.5:2222", ["22=10.0.0.5:2222"]],
    [["22"], "2222", ["22=2222"]],
    [["ssh=22", "5432"], "10.0.0.5", ["ssh=10.0.0.5:22", "5432=10.0.0.5:5432"]],
    [["22"], "2001:db8::a", ["22=[2001:db8::a]:22"]],
    [["22"], "[2001:db8::a]:2222", ["22=[2001:db8::a]:2222"]],
  ])("%j to %s", (specs, to, result) => {
    expect(withTarget(specs, to)).toEqual(result);
  });

  it.each([
    [["22", "80"], "10.0.0.5:22"],
    [["ssh=22"], "2222"],
    [["ssh=10.0.0.6:22"], "10.0.0.5"],
  ])("%j to %s is refused", (specs, to) => {
    expect(() => withTarget(specs, to)).toThrow(TcpOptionsError);
  });
});
