import { FATAL_EXIT_CODES, RESTART_SECONDS, type ServicePlan, STOP_SECONDS } from "./plan.ts";

/**
 * The text of a unit. Every value is quoted; `%` and, in arguments, `$` are doubled, since systemd would expand them.
 * @param system for the whole machine, else for one user
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
 */
export function systemdUnit({ argv, runsCommands }: ServicePlan, system: boolean): string {
  const [program, ...args] = argv;
  const command = [quote(program), ...args.map((arg) => quote(arg).replaceAll("$", "$$$$"))].join(" ");
  const hardening = runsCommands
    ? []
    : ["NoNewPrivileges=yes", ...(system ? ["ProtectSystem=full", "PrivateTmp=yes"] : [])];
  return `${[
    "[Unit]",
    "Description=Hotspot connector",
    "Documentation=man:systemd.service(5)",
    "Wants=network-online.target",
    "After=network-online.target",
    "",
    "[Service]",
    "Type=exec",
    `ExecStart=${command}`,
    "ExecReload=/bin/kill -HUP $MAINPID",
    "Restart=on-failure",
    `RestartSec=${RESTART_SECONDS}`,
    `RestartPreventExitStatus=${FATAL_EXIT_CODES.join(" ")}`,
    "KillMode=mixed",
    `TimeoutStopSec=${STOP_SECONDS}`,
    ...hardening,
    "",
    "[Install]",
    `WantedBy=${system ? "multi-user.target" : "default.target"}`,
  ].join("\n")}\n`;
}

function quote(value: string): string {
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%")}"`;
}
