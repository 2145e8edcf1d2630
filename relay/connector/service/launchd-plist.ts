import { RESTART_SECONDS, type ServicePlan, STOP_SECONDS } from "./plan.ts";

/**
 * The text of a property list for launchd. It starts again whatever does not end with 0, so the program is told to end
 * with 0 where a restart would not help (`--after-fatal zero`).
 * @see launchd.plist(5)
 */
export function launchdPlist({ argv }: ServicePlan, label: string, logPath: string): string {
  const entry = (key: string, value: string) => `  <key>${escapeXml(key)}</key>\n${value}`;
  const string = (value: string) => `<string>${escapeXml(value)}</string>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
${[
  entry("Label", `  ${string(label)}`),
  entry("ProgramArguments", `  <array>\n${argv.map((arg) => `    ${string(arg)}`).join("\n")}\n  </array>`),
  entry("RunAtLoad", "  <true/>"),
  entry("KeepAlive", "  <dict>\n    <key>SuccessfulExit</key>\n    <false/>\n  </dict>"),
  entry("ThrottleInterval", `  <integer>${RESTART_SECONDS}</integer>`),
  entry("ExitTimeOut", `  <integer>${STOP_SECONDS}</integer>`),
  entry("StandardOutPath", `  ${string(logPath)}`),
  entry("StandardErrorPath", `  ${string(logPath)}`),
].join("\n")}
</dict>
</plist>
`;
}

/** Text for an element or an attribute of XML. */
export function escapeXml(text: string): string {
  const names: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
  };
  return text.replace(/[&<>"']/g, (character) => names[character]!);
}
