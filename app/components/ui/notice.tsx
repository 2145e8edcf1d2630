import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "~/lib/class-names.ts";

const tones = {
  info: { box: "bg-cold-wash border-line text-ink", icon: Info, mark: "text-cold" },
  done: { box: "bg-ok-wash border-line text-ink", icon: CircleCheck, mark: "text-ok" },
  warn: { box: "bg-warn-wash border-warn-line text-ink", icon: TriangleAlert, mark: "text-warn" },
  bad: { box: "bg-bad-wash border-bad-line text-ink", icon: CircleAlert, mark: "text-bad" },
} as const;

interface NoticeProps {
  tone?: keyof typeof tones;
  title?: string;
  children?: ReactNode;
  /** Read out at once; for what appears as the answer to an action. */
  announce?: boolean;
}

export function Notice({ tone = "info", title, children, announce = false }: NoticeProps) {
  const { box, icon: Icon, mark } = tones[tone];
  return (
    <div
      role={announce ? (tone === "bad" ? "alert" : "status") : undefined}
      className={classNames("flex gap-3 rounded-md border px-3.5 py-3", box)}
    >
      <Icon className={classNames("mt-0.5 size-4.5 shrink-0", mark)} aria-hidden="true" />
      <div className="min-w-0">
        {title ? <p className="font-medium">{title}</p> : null}
        {children ? <div className={title ? "text-mute" : undefined}>{children}</div> : null}
      </div>
    </div>
  );
}
