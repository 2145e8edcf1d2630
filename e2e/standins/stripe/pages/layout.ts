import type { Outgoing } from "../server.ts";
import { Html, html } from "./html.ts";

const STYLE = `
:root{color-scheme:light dark;--ground:#f6f8fb;--card:#fff;--ink:#1a1f36;--soft:#4f566b;--line:#d5dbe5;--key:#4b45d6;--on-key:#fff;--bad:#b3093c;--note:#fff4d6;--note-ink:#5c4300}
@media(prefers-color-scheme:dark){:root{--ground:#11131c;--card:#1b1e2b;--ink:#eef0f7;--soft:#b3b9cc;--line:#363b4f;--key:#9a96ff;--on-key:#11131c;--bad:#ff8fab;--note:#3a2f10;--note-ink:#ffe3a0}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
.note{background:var(--note);color:var(--note-ink);padding:.5rem 1rem;text-align:center;font-size:.875rem}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem;display:grid;gap:1.5rem}
.two{display:grid;gap:1.5rem}
@media(min-width:48rem){.two{grid-template-columns:1fr 1fr;align-items:start}}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem;min-width:0}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.0625rem;margin:0 0 .75rem}
p{margin:.25rem 0 .75rem}.soft{color:var(--soft);font-size:.9375rem}
.big{font-size:2rem;font-weight:650;margin:.25rem 0}
.row{display:flex;justify-content:space-between;gap:1rem;padding:.5rem 0;border-top:1px solid var(--line);overflow-wrap:anywhere}
.row:first-of-type{border-top:0}.row>span:last-child{white-space:nowrap}
form{display:grid;gap:.875rem}label{display:grid;gap:.25rem;font-size:.9375rem}
input,select{font:inherit;color:inherit;background:var(--ground);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .7rem;width:100%;min-width:0}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}
button,.button{font:inherit;font-weight:600;color:var(--on-key);background:var(--key);border:1px solid var(--key);border-radius:.5rem;padding:.7rem 1rem;cursor:pointer;text-align:center;text-decoration:none;display:block;width:100%}
.plain{background:transparent;color:var(--key)}
a{color:var(--key)}:focus-visible{outline:3px solid var(--key);outline-offset:2px}
.bad{color:var(--bad);font-weight:600}
code{font-size:.875rem}table{border-collapse:collapse;width:100%;font-size:.9375rem}th,td{text-align:left;padding:.3rem .5rem .3rem 0;vertical-align:top}
`;

/** A page of the stand-in; works without scripts, because there are none. */
export function page(
  title: string,
  body: Html,
  options: { status?: number; cookie?: string } = {},
): Outgoing {
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(STYLE)}</style>
</head>
<body>
<div class="note" role="note">A stand-in for Stripe, for trying things out. No money moves and no real card works.</div>
<main>${body}</main>
</body>
</html>
`;
  return {
    status: options.status ?? 200,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      ...(options.cookie === undefined ? {} : { "set-cookie": options.cookie }),
    },
    body: text,
  };
}

/** After a form: the browser goes on with a GET. */
export function redirect(to: string, cookie?: string): Outgoing {
  const headers = {
    location: to,
    "cache-control": "no-store",
    ...(cookie === undefined ? {} : { "set-cookie": cookie }),
  };
  return { status: 303, headers, body: "" };
}

/** A page that only says something. */
export function notice(
  title: string,
  words: string,
  back: { url: string; label: string } | null = null,
): Outgoing {
  return page(
    title,
    html`<section class="card"><h1>${title}</h1><p class="soft">${words}</p>${back && html`<a class="button" href="${back.url}">${back.label}</a>`}</section>`,
  );
}
