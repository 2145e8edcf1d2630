import { escapeXml } from "./launchd-plist.ts";
import type { ServicePlan } from "./plan.ts";

/**
 * The XML of a task for Windows' Task Scheduler: a plain program cannot be a service there without a host for it. The
 * task starts at boot (or, without rights for that, at logon) and is looked after every minute: one that runs is left
 * alone, one that has ended is started. Where a restart would not help the program stays and says why (`--after-fatal stay`).
 * @see https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema
 */
export function windowsTask(plan: ServicePlan, user: string, system: boolean): string {
  const [program, ...args] = plan.argv;
  const trigger = system
    ? "<BootTrigger><Repetition><Interval>PT1M</Interval></Repetition><Enabled>true</Enabled></BootTrigger>"
    : `<LogonTrigger><Repetition><Interval>PT1M</Interval></Repetition><Enabled>true</Enabled><UserId>${escapeXml(user)}</UserId></LogonTrigger>`;
  const principal = system
    ? "<UserId>S-1-5-19</UserId><RunLevel>LeastPrivilege</RunLevel>"
    : `<UserId>${escapeXml(user)}</UserId><LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel>`;
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>Hotspot connector</Description></RegistrationInfo>
  <Triggers>${trigger}</Triggers>
  <Principals><Principal id="Author">${principal}</Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RestartOnFailure><Interval>PT1M</Interval><Count>255</Count></RestartOnFailure>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Enabled>true</Enabled>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${escapeXml(program)}</Command>
      <Arguments>${escapeXml(args.map(quoteWindowsArgument).join(" "))}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
}

/** One argument as `CommandLineToArgvW` takes it apart: backslashes count double before a quote, and only there. */
export function quoteWindowsArgument(value: string): string {
  if (value !== "" && !/[\s"]/.test(value)) return value;
  return `"${value.replace(/(\\*)("|$)/g, (_, slashes: string, quote: string) => slashes + slashes + (quote && `\\${quote}`))}"`;
}
