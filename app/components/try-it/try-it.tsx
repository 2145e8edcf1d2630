import { useState } from "react";
import { Tabs } from "~/components/ui/tabs.tsx";
import { useModels } from "~/lib/use-models.ts";
import type { Try } from "~/lib/use-try.ts";
import { ChatForm } from "./chat-form.tsx";
import { PlainForm } from "./plain-form.tsx";
import { TryAnswer } from "./try-answer.tsx";

interface TryItProps {
  slug: string;
  publicBaseUrl: string;
  attempt: Try;
}

type Mode = "chat" | "plain";

/** Sends real requests through the public address and shows what comes back, as it comes. */
export function TryIt({ slug, publicBaseUrl, attempt }: TryItProps) {
  const [round, setRound] = useState(0);
  const models = useModels(slug, round);
  const [chosen, setChosen] = useState<Mode | null>(null);
  const mode = chosen ?? (models.state === "none" ? "plain" : "chat");
  return (
    <div className="grid gap-5 lg:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
      <Tabs
        label="Kind of request"
        value={mode}
        onValueChange={(value) => setChosen(value === "plain" ? "plain" : "chat")}
        items={[
          {
            value: "chat",
            label: "Chat",
            content: <ChatForm models={models} onReload={() => setRound(round + 1)} attempt={attempt} />,
          },
          {
            value: "plain",
            label: "Plain GET",
            content: <PlainForm publicBaseUrl={publicBaseUrl} attempt={attempt} />,
          },
        ]}
      />
      <TryAnswer state={attempt.state} />
    </div>
  );
}
