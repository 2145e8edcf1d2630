import { useEffect, useState } from "react";
import { Terminal } from "~/components/ui/terminal.tsx";

const answer =
  "A tunnel is an agreement: my machine calls out, the relay listens, and your request walks the same way in.";
const tokens = answer.match(/\S+\s*/g) ?? [];
const tokenMs = 90;

/** A session as it looks in reality. The answer is written once, token by token, as the relay passes it on. */
export function DemoTerminal({ exampleUrl }: { exampleUrl: string }) {
  const written = useTypedTokens();
  return (
    <div className="grid gap-3">
      <Terminal title="your machine">
        <pre className="whitespace-pre-wrap break-words">
          <Prompt />
          npx hotspot connect --slug acme --to http://127.0.0.1:11434{"\n"}
          <span className="text-term-hot">live</span> {exampleUrl} {"->"} http://127.0.0.1:11434
        </pre>
      </Terminal>
      <Terminal title="anywhere else">
        <pre className="whitespace-pre-wrap break-words">
          <Prompt />
          {`curl ${exampleUrl}/v1/chat/completions \\\n`}
          {`    -H 'content-type: application/json' \\\n`}
          {`    -d '{"model":"llama3.2","stream":true,\n`}
          {`         "messages":[{"role":"user","content":"What is a tunnel?"}]}'\n`}
          <span className="text-term-ok">
            {tokens.slice(0, written).join("")}
            <span className="opacity-0">{tokens.slice(written).join("")}</span>
          </span>
        </pre>
      </Terminal>
    </div>
  );
}

function Prompt() {
  return (
    <span className="text-term-mute select-none" aria-hidden="true">
      ${" "}
    </span>
  );
}

/** How many tokens show: all of them on the server and for readers who asked for less motion. */
function useTypedTokens(): number {
  const [written, setWritten] = useState(tokens.length);

  useEffect(() => {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    setWritten(0);
    const timer = setInterval(() => {
      setWritten((count) => {
        if (count + 1 >= tokens.length) clearInterval(timer);
        return Math.min(count + 1, tokens.length);
      });
    }, tokenMs);
    return () => clearInterval(timer);
  }, []);

  return written;
}
