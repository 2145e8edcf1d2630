import { StatusCode } from "~/components/requests/status-code.tsx";
import { EmptyState } from "~/components/ui/empty-state.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Tabs } from "~/components/ui/tabs.tsx";
import { formatDuration, plural } from "~/lib/format.ts";
import type { TryState } from "~/lib/try-state.ts";

/** What came back: the answer as text, the body as it is, the header, and how long it took. */
export function TryAnswer({ state }: { state: TryState }) {
  if (state.phase === "idle") {
    return (
      <div className="rounded-lg border border-dashed border-line-strong">
        <EmptyState title="No request yet">
          What you send goes the public way: through the relay and your connector to your program. It is
          counted like any other request; only the access-key check is skipped for you.
        </EmptyState>
      </div>
    );
  }
  return (
    <div className="min-w-0 rounded-lg border border-line bg-surface">
      <p className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2">
        <code className="min-w-0 truncate">
          {state.input?.method} {state.input?.path}
        </code>
        {state.head ? <StatusCode status={state.head.status} /> : null}
        <span role="status" className="text-mute">
          {summary(state)}
        </span>
      </p>
      <div className="grid gap-3 p-4">
        {state.problem ? (
          <Notice tone="bad" announce>
            {state.problem}
          </Notice>
        ) : null}
        <Tabs
          label="Answer"
          items={[
            { value: "answer", label: "Answer", content: <AnswerText state={state} /> },
            { value: "raw", label: "Raw", content: <RawText state={state} /> },
            { value: "header", label: "Header", content: <HeaderList state={state} /> },
          ]}
        />
      </div>
    </div>
  );
}

function AnswerText({ state }: { state: TryState }) {
  const flowing = state.phase === "waiting" || state.phase === "streaming";
  const text = state.answer || (state.phase === "done" && !state.problem ? state.raw : "");
  return (
    <div className="min-h-32">
      <p data-answer="" className="break-words whitespace-pre-wrap">
        {text}
        {flowing ? (
          <span
            aria-hidden="true"
            className="ml-0.5 inline-block h-[1.05em] w-[0.5em] bg-hot align-text-bottom blinking"
          />
        ) : null}
      </p>
    </div>
  );
}

function RawText({ state }: { state: TryState }) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label="Body as it came"
      className="max-h-96 min-h-32 overflow-auto rounded-md bg-sunken p-3"
    >
      <pre className="text-[0.867rem] break-words whitespace-pre-wrap">{state.raw || "Nothing yet."}</pre>
      {state.rawCut ? <p className="mt-2 text-mute">Cut here; the rest was received and counted.</p> : null}
    </section>
  );
}

function HeaderList({ state }: { state: TryState }) {
  if (!state.head) return <p className="min-h-32 text-mute">Nothing yet.</p>;
  return (
    <dl className="grid max-h-96 min-h-32 content-start gap-x-4 gap-y-1 overflow-auto font-mono text-[0.867rem] sm:grid-cols-[auto_minmax(0,1fr)]">
      {state.head.headers.map(([name, value], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a field may come more than once, and the list never changes
        <div key={index} className="contents">
          <dt className="text-mute">{name}</dt>
          <dd className="break-all max-sm:pb-1">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function summary(state: TryState): string {
  switch (state.phase) {
    case "waiting":
      return "Waiting for the answer";
    case "streaming":
      return "Answering";
    case "stopped":
      return "Stopped";
    case "failed":
      return "Not sent";
    default:
      return timing(state);
  }
}

function timing(state: TryState): string {
  const parts = [state.totalMs === null ? "" : `${formatDuration(state.totalMs)} in all`];
  if (state.firstTokenMs !== null) parts.unshift(`first text after ${formatDuration(state.firstTokenMs)}`);
  else if (state.headMs !== null) parts.unshift(`header after ${formatDuration(state.headMs)}`);
  if (state.tokens > 0) parts.push(plural(state.tokens, "event"));
  return parts.filter(Boolean).join(", ");
}
