import { Button, ButtonLink } from "~/components/ui/button.tsx";
import { Dialog, DialogActions } from "~/components/ui/dialog.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { SecretOnce } from "~/components/ui/secret-once.tsx";
import { Command } from "~/components/ui/terminal.tsx";
import { hubEnableCommand, hubSelfHostedCommand } from "~/lib/connect-command.ts";
import { paths } from "~/lib/paths.ts";

export interface HubCredentials {
  hubId: string;
  mode: "managed" | "self_hosted";
  serviceUrl: string;
  accountId: string;
  hubToken: string;
}

interface HubCommandDialogProps {
  /** Null keeps it closed. */
  made: HubCredentials | null;
  title: string;
  portalUrl: string;
  /** Leads to the hub's page, for a hub that was just added. */
  withLink?: boolean;
  onClose: () => void;
}

/** A new hub token the one time it is shown, and the command that uses it. */
export function HubCommandDialog({ made, title, portalUrl, withLink, onClose }: HubCommandDialogProps) {
  const command = made?.mode === "self_hosted" ? hubSelfHostedCommand : hubEnableCommand;
  return (
    <Dialog
      open={made !== null}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={title}
      dismissable={false}
    >
      {made ? (
        <div className="grid gap-4 [&>*]:min-w-0">
          <Notice tone="warn">Copy it now. It is not shown again, not even to you.</Notice>
          <SecretOnce
            label="Hub token"
            secret={made.hubToken}
            note={`It speaks for ${made.hubId} only. Lost? Make a new one on the hub's page.`}
          />
          <div className="grid gap-1.5">
            <p className="font-medium">On the machine</p>
            <Command title="the hub's machine" command={command({ ...made, portalUrl })} />
            <p className="text-[0.933rem] text-mute">
              It asks for the token: paste it and press Enter.{" "}
              {made.mode === "self_hosted"
                ? "Then it checks what your account needs, names what is missing, and starts nothing before all of it is there."
                : "Then it switches Managed Cloudflare on, keeps its secrets in a file that only its user can read, and starts the tunnel."}
            </p>
          </div>
        </div>
      ) : null}
      <DialogActions>
        {made && withLink ? (
          <ButtonLink to={paths.hub(made.hubId)} look="quiet">
            Open the hub
          </ButtonLink>
        ) : null}
        <Button onClick={onClose}>I have saved it</Button>
      </DialogActions>
    </Dialog>
  );
}
