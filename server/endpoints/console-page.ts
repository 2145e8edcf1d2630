import { escapeHtml } from "../html.ts";

export interface ConsolePageInput {
  readonly slug: string;
  /** Without a slash at the end. */
  readonly publicBaseUrl: string;
  readonly online: boolean;
  /** Connectors online now; a public page shows their number, never their addresses. */
  readonly connectors: number;
  readonly portalUrl: string;
}

/**
 * The console page of a tenant host (`<publicBaseUrl>/endpoints`): whether the endpoint is up and how to call it. One
 * HTML document without scripts or anything to load, so that portal and relay can both send it under a strict CSP
 * (`default-src 'none'; style-src 'unsafe-inline'`).
 */
export function consolePageHtml(input: ConsolePageInput): string {
  const slug = escapeHtml(input.slug);
  const base = escapeHtml(input.publicBaseUrl);
  const manage = escapeHtml(`${input.portalUrl}/endpoints/${encodeURIComponent(input.slug)}`);
  const report = escapeHtml(`${input.portalUrl}/report-abuse?slug=${encodeURIComponent(input.slug)}`);
  const count = input.connectors === 1 ? "1 connector" : `${input.connectors} connectors`;
  const state = input.online ? `online, ${count}` : "offline: no connector is connected";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${slug} · Hotspot</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 44rem; margin: 4rem auto; padding: 0 1.25rem; }
body { background: light-dark(#fff, #15171c); color: light-dark(#16181d, #e8eaee); overflow-wrap: anywhere; }
a { color: light-dark(#0b57d0, #8ab4f8); }
pre { padding: 1rem; white-space: pre-wrap; border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .5rem; }
.state::before { content: ""; display: inline-block; width: .65em; height: .65em; margin-right: .5em; border-radius: 50%; background: #b45309; }
.state.online::before { background: #15803d; }
footer { margin-top: 3rem; font-size: .875rem; }
</style>
</head>
<body>
<h1>${slug}</h1>
<p class="state${input.online ? " online" : ""}">${state}</p>
<h2>Base URL</h2>
<pre><code>${base}</code></pre>
<h2>Call it</h2>
<pre><code>curl ${base}/v1/models</code></pre>
<p>An OpenAI client takes <code>${base}/v1</code> as its base URL.</p>
<footer><a href="${manage}">Manage this endpoint</a> · <a href="${report}">Report abuse</a></footer>
</body>
</html>
`;
}
