import type { FetcherWithComponents } from "@remix-run/react";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { Dialog, DialogActions } from "./dialog.tsx";
import { Notice } from "./notice.tsx";

interface ConfirmDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** What will happen, and whether it can be undone. */
  lead: ReactNode;
  /** The verb, as on the button that opened it. */
  confirm: string;
  danger?: boolean;
  /** Where the form goes. */
  action: string;
  method?: "post" | "delete";
  // biome-ignore lint/suspicious/noExplicitAny: the dialog sends, whoever made the fetcher reads its answer
  fetcher: FetcherWithComponents<any>;
  /** Why the last try was refused. */
  problem?: string | null;
  /** Further inputs of the form. */
  children?: ReactNode;
  /** Keeps the button shut, e.g. until a name is typed. */
  blocked?: boolean;
}

/** Asks before something that others will notice. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const {
    open,
    onOpenChange,
    title,
    lead,
    confirm,
    danger = false,
    action,
    fetcher,
    problem,
    children,
  } = props;
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title} lead={lead}>
      <fetcher.Form method={props.method ?? "post"} action={action} className="grid gap-4">
        {problem ? (
          <Notice tone="bad" announce>
            {problem}
          </Notice>
        ) : null}
        {children}
        <DialogActions>
          <Button look="quiet" onClick={() => onOpenChange(false)}>
            Cancel
          </Button>
          <Button
            type="submit"
            look={danger ? "danger" : "primary"}
            busy={fetcher.state !== "idle"}
            disabled={props.blocked}
          >
            {confirm}
          </Button>
        </DialogActions>
      </fetcher.Form>
    </Dialog>
  );
}
