import { ConfirmedAction } from "~/components/ui/confirmed-action.tsx";

interface ReleaseTunnelButtonProps {
  name: string;
  port: number;
  action: string;
}

/** Gives a port back after asking. */
export function ReleaseTunnelButton({ name, port, action }: ReleaseTunnelButtonProps) {
  return (
    <ConfirmedAction
      verb="Release"
      name={name}
      title={`Release port ${port}?`}
      lead={`All connections of ${name} end now, and the port is closed. It stays yours for 30 days; a connector that still names ${name} opens it again when it starts.`}
      done={`Port ${port} is released.`}
      action={action}
    />
  );
}
