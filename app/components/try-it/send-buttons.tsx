import { Button } from "~/components/ui/button.tsx";
import type { Try } from "~/lib/use-try.ts";

interface SendButtonsProps {
  attempt: Try;
  label: string;
  /** Something that the request needs is still being asked for. */
  preparing?: boolean;
}

export function SendButtons({ attempt, label, preparing = false }: SendButtonsProps) {
  const running = attempt.state.phase === "waiting" || attempt.state.phase === "streaming";
  return (
    <div className="flex gap-2">
      <Button type="submit" look="hot" busy={running || preparing}>
        {label}
      </Button>
      {running ? (
        <Button look="quiet" onClick={attempt.stop}>
          Stop
        </Button>
      ) : null}
    </div>
  );
}
