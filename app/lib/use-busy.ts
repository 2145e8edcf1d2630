import { useNavigation } from "@remix-run/react";

/** Whether the page's own form is on its way (and, with it, the page that follows). */
export function useBusy(): boolean {
  const navigation = useNavigation();
  return navigation.state !== "idle" && navigation.formMethod !== undefined;
}
