import { formText } from "./form-text.ts";

/** What may be wrong with an address, in the words of the form. The values are those of the API. */
export const abuseReasons = [
  { value: "phishing", label: "It pretends to be somebody else (phishing)" },
  { value: "malware", label: "It spreads malware" },
  { value: "spam", label: "It is advertised by spam" },
  { value: "copyright", label: "It shows what belongs to others (copyright)" },
  { value: "illegal", label: "Its content is illegal" },
  { value: "other", label: "Something else" },
] as const;

/** Reads the form. People paste whole addresses, so the endpoint's name is taken out of what they paste. */
export function readAbuseReport(form: FormData, baseDomain: string) {
  const reason = formText(form, "reason");
  return {
    slug: slugOfAddress(formText(form, "slug"), baseDomain),
    reason: abuseReasons.find((known) => known.value === reason)?.value ?? ("other" as const),
    detail: formText(form, "detail"),
    email: formText(form, "email") || undefined,
  };
}

/** `https://acme.example.com/login` and `acme.example.com` give `acme`; anything else comes back as it is. */
export function slugOfAddress(text: string, baseDomain: string): string {
  const address = text.includes("://") ? text : `http://${text}`;
  const host = URL.canParse(address) ? new URL(address).hostname : "";
  return host.endsWith(`.${baseDomain}`) ? host.slice(0, -baseDomain.length - 1) : text;
}
