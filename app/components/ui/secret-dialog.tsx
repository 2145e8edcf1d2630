import { Button } from "./button.tsx";
import { Dialog, DialogActions } from "./dialog.tsx";
import { Notice } from "./notice.tsx";
import { SecretOnce } from "./secret-once.tsx";

interface SecretDialogProps {
  /** Null keeps it closed. */
  secret: string | null;
  title: string;
  label: string;
  note: string;
  onClose: () => void;
}

/** Shows a new secret the one time. It closes by its button only, so that a stray press does not lose it. */
export function SecretDialog({ secret, title, label, note, onClose }: SecretDialogProps) {
  return (
    <Dialog
      open={secret !== null}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={title}
      dismissable={false}
    >
      <div className="grid gap-4">
        <Notice tone="warn">Copy it now. It is not shown again, not even to you.</Notice>
        {secret ? <SecretOnce label={label} secret={secret} note={note} /> : null}
      </div>
      <DialogActions>
        <Button onClick={onClose}>I have saved it</Button>
      </DialogActions>
    </Dialog>
  );
}
