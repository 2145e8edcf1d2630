import { formText } from "./form-text.ts";

export interface EndpointChange {
  requireAccessKey?: boolean;
  /** Null switches the direct upstream off. */
  upstreamBaseUrl?: string | null;
}

/** What a settings form wants changed; an input that the form does not have stays as it is. */
export function readEndpointChange(form: FormData): EndpointChange {
  const change: EndpointChange = {};
  if (form.has("requireAccessKey")) change.requireAccessKey = formText(form, "requireAccessKey") === "on";
  if (form.has("upstreamBaseUrl")) change.upstreamBaseUrl = formText(form, "upstreamBaseUrl") || null;
  return change;
}
