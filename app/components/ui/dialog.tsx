import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import { type ReactNode, useRef } from "react";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** One or two sentences: what will happen. */
  lead?: ReactNode;
  children: ReactNode;
  /** False keeps a press outside or Escape from closing it: for a secret that is shown once. */
  dismissable?: boolean;
}

/** A question or an answer on top of the page; focus stays inside and goes back to what opened it. */
export function Dialog({ open, onOpenChange, title, lead, children, dismissable = true }: DialogProps) {
  const content = useRef<HTMLDivElement>(null);
  const opener = useRef<Element | null>(null);
  const keep = dismissable ? undefined : (event: Event) => event.preventDefault();
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-veil" />
        <Primitive.Content
          aria-describedby={lead ? undefined : ""}
          ref={content}
          onOpenAutoFocus={(event) => {
            opener.current = document.activeElement;
            const input = content.current?.querySelector<HTMLElement>("input:not([type=hidden])");
            if (!input) return;
            event.preventDefault();
            input.focus();
          }}
          onCloseAutoFocus={(event) => {
            // The primitive knows its own trigger only; ours are opened by buttons elsewhere.
            event.preventDefault();
            if (opener.current instanceof HTMLElement) opener.current.focus();
          }}
          onPointerDownOutside={keep}
          onEscapeKeyDown={keep}
          className="fixed top-1/2 left-1/2 z-50 max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] max-w-lg -translate-x-1/2 -translate-y-1/2 overflow-y-auto rounded-lg border border-line bg-surface p-5 shadow-pop rising sm:p-6"
        >
          <div className="flex items-start justify-between gap-4">
            <Primitive.Title className="text-[1.267rem]">{title}</Primitive.Title>
            {dismissable ? (
              <Primitive.Close
                aria-label="Close"
                className="-mt-1 -mr-1 grid size-8 place-items-center rounded-sm text-mute hover:bg-sunken hover:text-ink"
              >
                <X className="size-4.5" aria-hidden="true" />
              </Primitive.Close>
            ) : null}
          </div>
          {lead ? <Primitive.Description className="mt-2 text-mute">{lead}</Primitive.Description> : null}
          <div className="mt-5">{children}</div>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

/** The line of buttons that ends a dialog. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="mt-5 flex flex-wrap justify-end gap-2">{children}</div>;
}
