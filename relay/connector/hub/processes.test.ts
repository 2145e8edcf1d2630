import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { findProcess, listProcesses, readCim, readPs } from "./processes.ts";

test("a process of this machine is found by its command line until it has ended", async () => {
  const mark = `mark-${process.pid}`;
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", mark]);
  await once(child, "spawn");
  const found = (await listProcesses(process.env)).filter(({ commandLine }) => commandLine.includes(mark));
  expect(found.map(({ pid }) => pid)).toEqual([child.pid]);
  expect(await findProcess(child.pid!, process.env)).toEqual(found[0]);
  expect(found[0]!.startedAt).not.toBe("");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await findProcess(child.pid!, process.env)).toBeNull();
});

test("what ps of macOS prints", () => {
  expect(
    readPs("  501 Mon Jan  2 15:04:05 2026 /opt/cloudflared tunnel run --token-file /a b/token\n\n"),
  ).toEqual([
    {
      pid: 501,
      startedAt: "Mon Jan  2 15:04:05 2026",
      commandLine: "/opt/cloudflared tunnel run --token-file /a b/token",
    },
  ]);
});

test("what PowerShell prints, for one process and for several", () => {
  const one = { ProcessId: 7, CommandLine: "cloudflared.exe tunnel run", Started: 638_000_000_000 };
  const read = { pid: 7, commandLine: "cloudflared.exe tunnel run", startedAt: "638000000000" };
  expect(readCim(JSON.stringify(one))).toEqual([read]);
  expect(readCim(JSON.stringify([{ ProcessId: 4, CommandLine: null, Started: 1 }, one]))).toEqual([read]);
});
