import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runCli } from "../cli.ts";
import type { CommandContext } from "../commands/context.ts";
import { installHubService, installService, serviceStatus, uninstallService } from "../commands/service.ts";
import { saveHubSettings } from "../hub/state.ts";
import { startTestRelay } from "../testing/relay.ts";
import { launchdPlist } from "./launchd-plist.ts";
import type { ServiceHost } from "./manager.ts";
import type { CommandResult } from "./run-command.ts";
import { systemdUnit } from "./systemd-unit.ts";
import { quoteWindowsArgument, windowsTask } from "./windows-task.ts";

/** Arguments as a path may hold them: anything but control characters. */
const argument = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/\p{Cc}|\p{Cs}/u.test(text));
const awkward = fc.string({ unit: fc.constantFrom("\\", '"', "$", "%", " ", "'", "&", "<", "a", ";", "`") });
const argv = fc.tuple(
  fc.constantFrom("/opt/hot spot/bin", "/opt/100%/bin", 'C:\\Program Files\\"x\\'),
  fc.array(
    fc.oneof(
      argument,
      awkward.filter((text) => text !== ""),
    ),
    { maxLength: 4 },
  ),
);

/** What systemd makes of a line of arguments: quotes, escapes, then `%%`, and `$$` in all but the first. */
function readUnitLine(line: string): string[] {
  const words = [...line.matchAll(/"((?:\\.|[^"\\])*)"(?: |$)/g)].map(([, word]) => word!);
  return words.map((word, index) => {
    const text = word.replace(/\\(.)/gs, "$1").replaceAll("%%", "%");
    return index === 0 ? text : text.replaceAll("$$", "$");
  });
}

/** `CommandLineToArgvW` after the program's own name. */
function readWindowsLine(line: string): string[] {
  const args: string[] = [];
  let current: string | null = null;
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const slashes = /^\\*/.exec(line.slice(at))![0].length;
    if (slashes > 0 && line[at + slashes] === '"') {
      current = (current ?? "") + "\\".repeat(slashes >> 1);
      at += slashes - 1;
      if (slashes % 2 === 1) {
        current += '"';
        at++;
      }
      continue;
    }
    const character = line[at]!;
    if (character === '"') {
      quoted = !quoted;
      current ??= "";
    } else if (/[ \t]/.test(character) && !quoted) {
      if (current !== null) args.push(current);
      current = null;
    } else current = (current ?? "") + character;
  }
  return current === null ? args : [...args, current];
}

function readXml(text: string): string {
  const names: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  expect(text).not.toMatch(/<|&(?!amp;|lt;|gt;|quot;|apos;)/);
  return text.replace(/&(\w+);/g, (_, name: string) => names[name]!);
}

describe("whatever a path holds, the program gets it as it is", () => {
  const plan = (program: string, args: string[]) => ({
    name: "hotspot",
    argv: [program, ...args] as [string, ...string[]],
    runsCommands: false,
  });

  test("systemd", () => {
    fc.assert(
      fc.property(argv, ([program, args]) => {
        const line = /^ExecStart=(.*)$/m.exec(systemdUnit(plan(program, args), false))![1]!;
        expect(readUnitLine(line)).toEqual([program, ...args]);
      }),
    );
  });

  test("launchd", () => {
    fc.assert(
      fc.property(argv, ([program, args]) => {
        const list = /<array>(.*?)<\/array>/s.exec(launchdPlist(plan(program, args), "x", "/tmp/x"))![1]!;
        const words = [...list.matchAll(/<string>(.*?)<\/string>/gs)].map(([, word]) => readXml(word!));
        expect(words).toEqual([program, ...args]);
      }),
    );
  });

  test("Windows", () => {
    fc.assert(
      fc.property(argv, ([program, args]) => {
        const xml = windowsTask(plan(program, args), "PC\\me", false);
        expect(readXml(/<Command>(.*?)<\/Command>/s.exec(xml)![1]!)).toBe(program);
        expect(readWindowsLine(readXml(/<Arguments>(.*?)<\/Arguments>/s.exec(xml)![1]!))).toEqual(args);
      }),
    );
    expect(quoteWindowsArgument("C:\\a b\\")).toBe('"C:\\a b\\\\"');
  });
});

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hotspot-service-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const main = join(import.meta.dirname, "..", "main.ts");
const flags = { name: "hotspot", system: false, json: false };

function machine(platform: NodeJS.Platform, answers: (line: string) => Partial<CommandResult> = () => ({})) {
  const ran: string[] = [];
  const host: ServiceHost = {
    platform,
    home: root,
    user: "me",
    uid: 501,
    env: {},
    async run(program, args) {
      ran.push([program, ...args].join(" "));
      return { code: 0, stdout: "", stderr: "", ...answers(ran.at(-1)!) };
    },
  };
  const said = { text: "" };
  const say = (text: string) => {
    said.text += text;
  };
  const context: CommandContext = {
    env: {},
    cwd: root,
    program: ["/usr/local/bin/hotspot"],
    stdout: say,
    stderr: say,
    terminal: null,
    stopRequested: new Promise(() => undefined),
    onReload: () => undefined,
  };
  const dir = join(root, "config");
  const sources = {
    flags: { slug: "acme", to: "8080", licenseKey: "hs_lic_secret", caFile: "ca.pem" },
    env: { HOTSPOT_CONFIG_DIR: dir },
    cwd: root,
  };
  writeFileSync(join(root, "ca.pem"), pem);
  return { host, ran, said, context, dir, sources };
}

const pem = execFileSync(
  "openssl",
  [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -days 2 -subj /CN=x".split(
      " ",
    ),
  ],
  { stdio: ["ignore", "pipe", "ignore"] },
).toString();

describe("install, status, uninstall", () => {
  test("systemd: the unit, its commands, and a key that only its owner can read", async () => {
    const { host, ran, said, context, dir, sources } = machine("linux", (line) =>
      line.includes(" show ")
        ? { stdout: "ActiveState=active\nSubState=running\nUnitFileState=enabled\n" }
        : {},
    );
    await installService(sources, flags, context, host);
    const path = join(root, ".config/systemd/user/hotspot.service");
    const unit = readFileSync(path, "utf8");
    expect(ran).toEqual([
      "systemctl --user daemon-reload",
      "systemctl --user enable hotspot.service",
      "systemctl --user restart hotspot.service",
      "loginctl enable-linger me",
    ]);
    const config = join(dir, "services/hotspot.yaml");
    expect(unit).toContain(
      `ExecStart="/usr/local/bin/hotspot" "connect" "--config" "${config}" "--config-dir" "${dir}"\n`,
    );
    expect(unit).toMatch(/^Restart=on-failure$/m);
    expect(unit).toMatch(/^RestartPreventExitStatus=2 3 4 6$/m);
    expect(unit + said.text + ran.join()).not.toContain("hs_lic_secret");
    expect(statSync(config).mode & 0o777).toBe(0o600);
    expect(readFileSync(config, "utf8")).toMatch(
      new RegExp(
        `license-key: hs_lic_secret\n[^]*ca-file: ${root}/ca.pem[^]*endpoints:\n {2}- slug: acme\n {4}to: "8080"`,
      ),
    );
    expect(await serviceStatus(sources, flags, context, host)).toBe(0);
    expect(said.text).toContain("hotspot runs: active (running); starts at boot");
    await uninstallService(sources, flags, context, host);
    expect(existsSync(path)).toBe(false);
    expect(ran.slice(-2)).toEqual([
      "systemctl --user disable --now hotspot.service",
      "systemctl --user daemon-reload",
    ]);
  });

  test("launchd: an agent that is started again unless it ended with 0", async () => {
    const { host, ran, context, sources, said } = machine("darwin", (line) =>
      line.includes(" print ") ? { stdout: "hotspot = {\n\tstate = running\n}" } : {},
    );
    await installService(sources, flags, context, host);
    const path = join(root, "Library/LaunchAgents/dev.hotspot.hotspot.plist");
    const plist = readFileSync(path, "utf8");
    expect(plist).toContain("<string>--after-fatal</string>\n    <string>zero</string>");
    expect(plist).toMatch(/<key>SuccessfulExit<\/key>\s*<false\/>/);
    expect(ran).toEqual([
      "launchctl bootout gui/501/dev.hotspot.hotspot",
      "launchctl enable gui/501/dev.hotspot.hotspot",
      `launchctl bootstrap gui/501 ${path}`,
    ]);
    expect(await serviceStatus(sources, flags, context, host)).toBe(0);
    expect(said.text).toContain("hotspot runs: running");
    await uninstallService(sources, flags, context, host);
    expect(existsSync(path)).toBe(false);
  });

  test("a hub's service runs the hub by its own settings, without a license key", async () => {
    const { host, context, dir, sources } = machine("linux");
    const hub = () => installHubService(sources, "office", flags, context, host);
    await expect(hub()).rejects.toThrow(/no hub office on this machine/);
    saveHubSettings(dir, {
      ...{
        mode: "managed",
        portalUrl: "https://p.example",
        accountId: "t",
        hubId: "office",
        hubToken: "hs_hub_x",
      },
      ...{
        serviceUrl: "http://localhost:8080",
        enabled: true,
        hostname: null,
        tunnelId: null,
        tunnelToken: null,
      },
      ...{
        bucket: null,
        backupPassword: null,
        backup: null,
        note: null,
        cloudflared: process.execPath,
        selfHosted: null,
      },
    });
    expect(await hub()).toBe(0);
    const config = readFileSync(join(dir, "services/hotspot.yaml"), "utf8");
    expect(config).not.toMatch(/hs_lic_|license/);
    const unit = readFileSync(join(root, ".config/systemd/user/hotspot.service"), "utf8");
    const line = readUnitLine(/^ExecStart=(.*)$/m.exec(unit)![1]!);
    expect(line.join(" ")).toContain(`hub run --hub-id office --config ${dir}`);
    expect(line.join(" ")).toContain(`--cloudflared ${process.execPath}`);
  });

  test("Windows: a task, its file gone afterwards, and the config file closed to others", async () => {
    const { host, ran, context, dir, sources, said } = machine("win32", (line) =>
      line.startsWith("powershell") ? { stdout: "3\r\n" } : {},
    );
    await installService(sources, flags, context, host);
    const config = join(dir, "services/hotspot.yaml");
    expect(ran).toEqual([
      `icacls ${config} /inheritance:r /grant:r me:F *S-1-5-32-544:F`,
      `schtasks /Create /TN hotspot /XML ${config}.task.xml /F`,
      "schtasks /Run /TN hotspot",
    ]);
    expect(existsSync(`${config}.task.xml`)).toBe(false);
    expect(await serviceStatus(sources, flags, context, host)).toBe(7);
    expect(said.text).toContain("hotspot does not run: ready, not running");
    await uninstallService(sources, flags, context, host);
    expect(ran.slice(-2)).toEqual(["schtasks /End /TN hotspot", "schtasks /Delete /TN hotspot /F"]);
  });

  test.each([
    ["no systemd", { code: 127 }, {}, /does not run systemd/],
    ["no session", { code: 1, stderr: "Failed to connect to bus: No medium found" }, {}, /use --system/],
    [
      "refused",
      { code: 1, stderr: "Unit is masked" },
      {},
      /`systemctl daemon-reload` failed: Unit is masked/,
    ],
    ["no root", {}, { system: true }, /is for root. Put sudo/],
    ["a name with a slash", {}, { name: "../x" }, /--name is "..\/x"/],
  ])("%s: a sentence that says what to do", async (_, result, more, message) => {
    const { host, context, sources } = machine("linux", (line) =>
      line.startsWith("systemctl") ? result : {},
    );
    await expect(installService(sources, { ...flags, ...more }, context, host)).rejects.toThrow(message);
  });

  test("what a service cannot do without is asked for, and nothing is written before", async () => {
    const { host, context, dir, sources } = machine("linux");
    const { to: _, ...rest } = sources.flags;
    await expect(installService({ ...sources, flags: rest }, flags, context, host)).rejects.toThrow(
      /What shall acme forward to\? Say it with --to/,
    );
    const { licenseKey: __, ...open } = sources.flags;
    await expect(installService({ ...sources, flags: open }, flags, context, host)).rejects.toThrow(
      /hotspot login/,
    );
    expect(existsSync(join(dir, "services"))).toBe(false);
  });
});

test("installed by the program itself, with a systemctl that only takes note, the unit's command serves", async () => {
  const bin = join(root, "bin");
  mkdirSync(bin);
  const log = join(root, "systemctl.log");
  for (const name of ["systemctl", "loginctl"]) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >> '${log}'\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const relay = await startTestRelay();
  // Characters that a unit would make something else of.
  const home = join(root, "my 100% $HOME");
  mkdirSync(home);
  const output = { text: "" };
  const say = (text: string) => {
    output.text += text;
  };
  const code = await runCli(["service", "install", "1", "--slug", "acme", "--portal", relay.portalUrl], {
    env: {
      HOME: home,
      XDG_CONFIG_HOME: join(home, "config"),
      PATH: `${bin}:/usr/bin:/bin`,
      HOTSPOT_LICENSE_KEY: "hs_lic_x",
    },
    cwd: root,
    program: [process.execPath, main],
    stdout: say,
    stderr: say,
    terminal: null,
    stopRequested: new Promise(() => undefined),
    onReload: () => undefined,
  });
  expect(output.text).toContain("Installed and started hotspot.");
  expect(code).toBe(0);
  expect(readFileSync(log, "utf8")).toContain(
    "systemctl --user restart hotspot.service\nloginctl enable-linger",
  );
  const unitPath = join(home, "config/systemd/user/hotspot.service");
  const command = /^ExecStart=(.*)$/m.exec(readFileSync(unitPath, "utf8"))![1]!;
  const [program, ...args] = readUnitLine(command) as [string, ...string[]];
  const child = spawn(program, args, {
    env: { NODE_ENV: "test", PATH: process.env.PATH },
    cwd: "/",
    stdio: "pipe",
  });
  try {
    await vi.waitFor(() => expect(relay.links[0]?.session.accepting).toBe(true), {
      timeout: 15_000,
      interval: 10,
    });
    child.kill("SIGTERM");
    expect((await once(child, "exit"))[0]).toBe(0);
  } finally {
    child.kill("SIGKILL");
    relay.close();
  }
}, 30_000);

test.skipIf(!existsSync("/usr/bin/systemd-analyze"))("systemd itself finds nothing wrong with a unit", () => {
  const path = join(root, "hotspot.service");
  const plan = {
    name: "hotspot",
    argv: ["/bin/true", "a b", "100%"] as [string, ...string[]],
    runsCommands: false,
  };
  writeFileSync(path, systemdUnit(plan, true));
  expect(execFileSync("systemd-analyze", ["verify", path], { encoding: "utf8", stdio: "pipe" })).toBe("");
});
