import { Panel } from "~/components/ui/panel.tsx";
import { Tabs } from "~/components/ui/tabs.tsx";
import { Command } from "~/components/ui/terminal.tsx";
import { curlExample, pythonExample } from "~/lib/call-examples.ts";

interface CallExampleProps {
  publicBaseUrl: string;
  requireAccessKey: boolean;
}

/** How to call the address from a program, with the key where it goes when one is required. */
export function CallExample({ publicBaseUrl, requireAccessKey }: CallExampleProps) {
  const call = { publicBaseUrl, requireAccessKey };
  return (
    <Panel
      id="call"
      title="Call it"
      lead="Any HTTP client works; OpenAI clients need the address and a key only."
    >
      <Tabs
        label="Language"
        items={[
          {
            value: "curl",
            label: "curl",
            content: <Command title="shell" command={curlExample(call)} />,
          },
          {
            value: "python",
            label: "Python (openai)",
            content: <Command title="python" command={pythonExample(call)} prompt={false} />,
          },
        ]}
      />
    </Panel>
  );
}
