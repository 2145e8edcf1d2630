import { useSearchParams } from "@remix-run/react";
import { useEffect } from "react";
import { doneText } from "~/lib/done.ts";
import { useToast } from "./toasts.tsx";

/** Shows the toast that a redirect asked for, once: the address is cleaned, so that a reload is quiet. */
export function DoneToast() {
  const [search, setSearch] = useSearchParams();
  const toast = useToast();
  const text = doneText(search);

  useEffect(() => {
    if (!text) return;
    toast(text);
    setSearch(
      (present) => {
        present.delete("done");
        return present;
      },
      { replace: true, preventScrollReset: true },
    );
  }, [text, toast, setSearch]);

  return null;
}
