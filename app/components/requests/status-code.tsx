import { classNames } from "~/lib/class-names.ts";

/** An HTTP status with the colour of its class. 0 stands for an answer that never began. */
export function StatusCode({ status }: { status: number }) {
  return (
    <span
      className={classNames(
        "inline-block rounded-sm px-1.5 font-mono text-[0.867rem] tabular-nums",
        status >= 500 || status === 0 ? "bg-bad-wash text-bad" : null,
        status >= 400 && status < 500 && "bg-warn-wash text-warn",
        status >= 300 && status < 400 && "bg-cold-wash text-cold",
        status > 0 && status < 300 && "bg-ok-wash text-ok",
      )}
    >
      {status === 0 ? "none" : status}
    </span>
  );
}
