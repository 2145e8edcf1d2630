import { CircleAlert, CircleCheck, CirclePause, LoaderCircle, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { CopyButton } from "~/components/ui/copy-button.tsx";
import type { HubBanner } from "~/lib/api-types.ts";
import { classNames } from "~/lib/class-names.ts";
import { reasonWords, splitCommand } from "~/lib/hub-words.ts";

const tones = {
  off: { box: "border-line bg-surface", icon: CirclePause, mark: "text-cold" },
  working: { box: "border-line bg-cold-wash", icon: LoaderCircle, mark: "text-cold turning" },
  ready: { box: "border-ok-line bg-ok-wash", icon: CircleCheck, mark: "text-ok" },
  degraded: { box: "border-warn-line bg-warn-wash", icon: TriangleAlert, mark: "text-warn" },
  error: { box: "border-bad-line bg-bad-wash", icon: CircleAlert, mark: "text-bad" },
} as const;

interface HubStandingProps {
  banner: HubBanner;
  /** What else there is to say, e.g. until when backups are kept. */
  note?: string | null;
  /** At its right: the switch. */
  children?: ReactNode;
}

/** How a hub is, why, and what its owner can do now. Changes are read out. */
export function HubStanding({ banner, note, children }: HubStandingProps) {
  const { box, icon: Icon, mark } = tones[banner.tone];
  return (
    <section
      aria-label="How the hub is"
      className={classNames("flex flex-wrap items-start gap-x-6 gap-y-4 rounded-lg border p-4 sm:p-5", box)}
    >
      <div className="flex min-w-0 flex-1 basis-72 gap-3">
        <Icon className={classNames("mt-0.5 size-5.5 shrink-0", mark)} aria-hidden="true" />
        <div role="status" className="grid min-w-0 gap-1.5">
          <h2 className="text-[1.2rem]">{banner.title}</h2>
          {banner.reason ? <p className="max-w-[75ch] break-words">{reasonWords(banner.reason)}</p> : null}
          {note ? <p className="max-w-[75ch]">{note}</p> : null}
          {banner.nextAction ? <NextAction text={banner.nextAction} /> : null}
        </div>
      </div>
      {children}
    </section>
  );
}

function NextAction({ text }: { text: string }) {
  const { words, command } = splitCommand(text);
  return (
    <p className="max-w-[75ch] break-words text-mute">
      {command === null ? reasonWords(words) : words}
      {command ? (
        <span className="inline-flex flex-wrap items-center gap-x-1">
          {"\u00a0"}
          <code className="text-ink">{command}</code>
          <CopyButton text={command} what="command" />
        </span>
      ) : null}
    </p>
  );
}
