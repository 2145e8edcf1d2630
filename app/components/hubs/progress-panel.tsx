import { Check, CircleAlert, Circle as Hollow } from "lucide-react";
import type { ReactNode } from "react";
import { Panel } from "~/components/ui/panel.tsx";
import { Spinner } from "~/components/ui/spinner.tsx";
import { Time } from "~/components/ui/time.tsx";
import type { HubProgress } from "~/lib/api-types.ts";
import { classNames } from "~/lib/class-names.ts";
import { reasonWords } from "~/lib/hub-words.ts";

interface ProgressPanelProps {
  progress: readonly HubProgress[];
  disabling: boolean;
  /** When a failed step is tried again. */
  nextTryAt: string | null;
  /** To try it at once. */
  action?: ReactNode;
}

/** The steps of what is under way, each with how far it is. */
export function ProgressPanel({ progress, disabling, nextTryAt, action }: ProgressPanelProps) {
  const done = progress.filter(({ state }) => state === "done").length;
  return (
    <Panel
      id="progress"
      title={disabling ? "Switching off" : "Setting up"}
      lead={`${done} of ${progress.length} steps are done. It goes on by itself, also when you leave this page.`}
      actions={action}
      flush
    >
      <ol aria-label="Steps" className="border-t border-line py-2">
        {progress.map((step) => (
          <li
            key={step.step}
            aria-current={step.state === "running" ? "step" : undefined}
            className="flex items-start gap-3 px-4 py-1.5 sm:px-5"
          >
            <Mark state={step.state} />
            <div className="min-w-0 flex-1">
              <p className="flex flex-wrap justify-between gap-x-4">
                <span className={step.state === "waiting" ? "text-mute" : "font-medium"}>
                  {step.title}
                  <span className="sr-only">: {stateWords[step.state]}</span>
                </span>
                {step.at && step.state !== "waiting" ? (
                  <span className="text-[0.867rem] text-mute">
                    <Time at={step.at} />
                  </span>
                ) : null}
              </p>
              {step.message ? (
                <p className="max-w-[75ch] break-words text-bad">
                  {reasonWords(step.message)}{" "}
                  <span className="text-mute">
                    {nextTryAt ? (
                      <>
                        Tried again <Time at={nextTryAt} />.
                      </>
                    ) : (
                      "It is tried again by itself."
                    )}
                  </span>
                </p>
              ) : null}
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

const stateWords: Record<HubProgress["state"], string> = {
  waiting: "waits",
  running: "under way",
  done: "done",
  failed: "failed, tried again",
};

function Mark({ state }: { state: HubProgress["state"] }) {
  return (
    <span
      aria-hidden="true"
      className={classNames(
        "mt-0.5 grid size-5 shrink-0 place-items-center",
        state === "done" && "text-ok",
        state === "running" && "text-hot-ink",
        state === "failed" && "text-bad",
        state === "waiting" && "text-faint",
      )}
    >
      {state === "running" ? (
        <Spinner />
      ) : state === "done" ? (
        <Check className="size-4.5" />
      ) : state === "failed" ? (
        <CircleAlert className="size-4.5" />
      ) : (
        <Hollow className="size-3" />
      )}
    </span>
  );
}
