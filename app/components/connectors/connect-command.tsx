import { useState } from "react";
import { TextField } from "~/components/ui/field.tsx";
import { Tabs } from "~/components/ui/tabs.tsx";
import { Command } from "~/components/ui/terminal.tsx";
import { connectCommand } from "~/lib/connect-command.ts";
import { readPort, upstreams } from "~/lib/upstreams.ts";

interface ConnectCommandsProps {
  slug: string;
  /** Only while it is shown for the one time. */
  licenseKey: string | null;
  portalUrl: string;
}

/** The line to run, for the program that the person has. */
export function ConnectCommands({ slug, licenseKey, portalUrl }: ConnectCommandsProps) {
  const [portText, setPortText] = useState("3000");
  const port = readPort(portText);
  const commandTo = (to: string) => connectCommand({ licenseKey, slug, to, portalUrl });
  return (
    <Tabs
      label="What runs on your machine"
      items={[
        ...upstreams.map((upstream) => ({
          value: upstream.name,
          label: upstream.name,
          content: <Command title="run this on that machine" command={commandTo(upstream.url)} />,
        })),
        {
          value: "other",
          label: "Other",
          content: (
            <div className="grid gap-4">
              <TextField
                label="Port"
                value={portText}
                onChange={(event) => setPortText(event.target.value)}
                inputMode="numeric"
                className="max-w-32 font-mono"
                error={port === null ? "A port is a number from 1 to 65535." : null}
              />
              <Command
                title="run this on that machine"
                command={commandTo(`http://127.0.0.1:${port ?? 3000}`)}
              />
            </div>
          ),
        },
      ]}
    />
  );
}
