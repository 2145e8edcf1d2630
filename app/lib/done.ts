/**
 * What a page says after a redirect: the address carries the code (`?done=endpoint-released`), never the words, so that
 * nobody can put words of their own on the page.
 */
const doneTexts = {
  "endpoint-released": "Endpoint released. Its address no longer answers.",
  "signed-out": "You are signed out.",
  "plan-kept": "The plan goes on as it is.",
  "plan-cancelled": "Cancelled. Nothing is charged any more; the plan runs until its end.",
  "plan-changed": "Changed. It counts from now on.",
  "plan-scheduled": "Noted. It changes with the next period.",
  "budget-set": "Budget set. It counts within a second or two.",
  "hub-removed": "The hub is removed. Its token is refused from now on.",
  "password-reset": "Password changed. Sign in with the new one.",
} as const;
type Done = keyof typeof doneTexts;

export function doneText(search: URLSearchParams): string | null {
  const code = search.get("done");
  return code && Object.hasOwn(doneTexts, code) ? doneTexts[code as Done] : null;
}
