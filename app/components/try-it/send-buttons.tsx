import { Button } from "~/components/ui/button.tsx";
import type { Try } from "~/lib/use-try.ts";

export function SendButtons({ attempt, label }: { attempt: Try; label: string }) {
  const running = attempt.state.phase === "waiting" || attempt.state.phase === "streaming";
  return (
    <div className="flex gap-2">
      <Button type="submit" look="hot" busy={running}>
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
