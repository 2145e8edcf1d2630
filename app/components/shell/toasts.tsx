import { CircleCheck, X } from "lucide-react";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from "react";

interface Toast {
  id: number;
  text: string;
}

const lifeMs = 6_000;
const ToastContext = createContext<(text: string) => void>(() => {});

/** Says that something was done. Failures do not belong here: they stand where the work was. */
export function useToast(): (text: string) => void {
  return useContext(ToastContext);
}

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const lastId = useRef(0);

  const show = useCallback((text: string) => {
    lastId.current += 1;
    const toast = { id: lastId.current, text };
    setToasts((present) => [...present.slice(-2), toast]);
  }, []);
  const dismiss = useCallback((id: number) => {
    setToasts((present) => present.filter((toast) => toast.id !== id));
  }, []);

  return (
    <ToastContext.Provider value={show}>
      {children}
      <div
        role="status"
        aria-live="polite"
        className="pointer-events-none fixed inset-x-4 bottom-4 z-50 grid justify-items-end gap-2"
      >
        {toasts.map((toast) => (
          <ToastCard key={toast.id} toast={toast} onDismiss={dismiss} />
        ))}
      </div>
    </ToastContext.Provider>
  );
}

function ToastCard({ toast, onDismiss }: { toast: Toast; onDismiss: (id: number) => void }) {
  useEffect(() => {
    const timer = setTimeout(() => onDismiss(toast.id), lifeMs);
    return () => clearTimeout(timer);
  }, [toast.id, onDismiss]);

  return (
    <div className="pointer-events-auto flex max-w-sm items-center gap-3 rounded-md border border-line bg-surface py-2.5 pr-2 pl-3.5 shadow-pop rising">
      <CircleCheck className="size-4.5 shrink-0 text-ok" aria-hidden="true" />
      <p className="min-w-0 flex-1">{toast.text}</p>
      <button
        type="button"
        aria-label="Dismiss"
        className="grid size-7 place-items-center rounded-sm text-mute hover:bg-sunken hover:text-ink"
        onClick={() => onDismiss(toast.id)}
      >
        <X className="size-4" aria-hidden="true" />
      </button>
    </div>
  );
}
