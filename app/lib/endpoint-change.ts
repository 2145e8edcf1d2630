import { formText } from "./form-text.ts";

/** How tokens are counted, the usual way first. */
export const usageModes = ["ask", "read", "off"] as const;
export type UsageMode = (typeof usageModes)[number];

export interface EndpointChange {
  requireAccessKey?: boolean;
  /** Null switches the direct upstream off. */
  upstreamBaseUrl?: string | null;
  usageMode?: UsageMode;
}

/** What a settings form wants changed; an input that the form does not have stays as it is. */
export function readEndpointChange(form: FormData): EndpointChange {
  const change: EndpointChange = {};
  if (form.has("requireAccessKey")) change.requireAccessKey = formText(form, "requireAccessKey") === "on";
  if (form.has("upstreamBaseUrl")) change.upstreamBaseUrl = formText(form, "upstreamBaseUrl") || null;
  const usageMode = usageModes.find((mode) => mode === formText(form, "usageMode"));
  if (usageMode !== undefined) change.usageMode = usageMode;
  return change;
}
