/**
 * What pages say of a refusal. The API's messages are phrases for programs' logs (`slug is taken`); people get a
 * sentence, and where there is something to do about it, that.
 *
 * @param code stable code of the refusal
 * @param message the API's phrase, used when the code has no words of its own
 */
export function problemWords(code: string, message: string): string {
  return Object.hasOwn(words, code) ? (words[code] as string) : asSentence(message);
}

/** The words for a reason of the availability check; its refusals have the same codes behind `slug_`. */
export function slugWords(reason: string, message: string): string {
  return problemWords(`slug_${reason}`, message);
}

const words: Record<string, string> = {
  slug_too_short: "Too short: use at least 3 characters.",
  slug_too_long: "Too long: use at most 40 characters.",
  slug_reserved: "This name is kept back for the service itself.",
  slug_brand: "Names of well-known brands cannot be claimed.",
  slug_lookalike: "This name looks like one that is kept back.",
  slug_taken: "Somebody has this name already.",
  slug_cooldown: "This name was released lately. Nobody else can take it for 30 days.",
  upstream_not_allowed:
    "This address cannot be used: it has to be a public http or https URL without user name, query or fragment.",
  expires_in_past: "The end of the key has to be in the future.",
  permission_missing: "Your role does not allow this. Ask an owner of your account.",
  rate_limited: "Too many tries. Wait a little, then try again.",
  stripe_unavailable: "Stripe does not answer just now. Nothing was changed; try again in a minute.",
  stripe_busy: "Stripe is busy just now. Nothing was changed; try again in a moment.",
  catalog_missing: "The plans are still being set up at Stripe. Try again in a minute.",
  coupon_invalid: "This code is not valid, or not for this plan.",
  billing_off: "Plans are not on sale in this installation.",
  tenant_suspended: "Your account is suspended. Write to the people who run this service.",
};

/** `your plan allows 5 API keys` gives `Your plan allows 5 API keys.`; names of fields in front are left out. */
function asSentence(message: string): string {
  const text = message.replace(/^[a-z]+(?:[A-Z][a-z]+)*: /, "");
  if (text === "") return "This was refused.";
  const ends = /[.!?]$/.test(text) ? "" : ".";
  return text.charAt(0).toUpperCase() + text.slice(1) + ends;
}
