import { escapeHtml } from "../html.ts";
import { type CapturedMail, findCapturedMail, listCapturedMail } from "../mail/index.ts";

/**
 * The mailbox of a local run: GET /mailbox (list and one message), /mailbox/<id>.html (a message's own HTML, shown in
 * a sandboxed frame), /mailbox.json?to= (newest first, for tests).
 *
 * @returns null when the path is none of them
 */
export async function answerMailbox(directory: string, url: URL): Promise<Response | null> {
  if (url.pathname === "/mailbox.json") {
    return Response.json(await listCapturedMail(directory, url.searchParams.get("to") ?? undefined), {
      headers: { "cache-control": "no-store" },
    });
  }
  const frame = /^\/mailbox\/([0-9a-f-]+)\.html$/.exec(url.pathname)?.[1];
  if (frame) {
    const mail = await findCapturedMail(directory, frame);
    return mail
      ? html(mail.html, frameHeaders)
      : html(page("No such mail", "<p>There is no such mail.</p>"), {}, 404);
  }
  const opened = /^\/mailbox(?:\/([0-9a-f-]+))?\/?$/.exec(url.pathname);
  if (!opened) return null;
  const mails = await listCapturedMail(directory);
  const mail = opened[1] ? await findCapturedMail(directory, opened[1]) : (mails[0] ?? null);
  return html(page("Mailbox", list(mails, mail) + (mail ? message(mail) : "")));
}

/** No scripts, nothing loaded, no frame but ours; links leave the frame. */
const frameHeaders = {
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
  "x-frame-options": "SAMEORIGIN",
};

function html(body: string, headers: Record<string, string> = {}, status = 200): Response {
  return new Response(body, {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'",
      ...headers,
    },
  });
}

function list(mails: readonly CapturedMail[], opened: CapturedMail | null): string {
  if (mails.length === 0) return "<p>No mail yet. What Hotspot would send appears here.</p>";
  const items = mails.map((mail) => {
    const current = mail.id === opened?.id ? ' aria-current="page"' : "";
    return `<li><a href="/mailbox/${mail.id}"${current}><strong>${escapeHtml(mail.subject)}</strong><span>${escapeHtml(mail.to)}</span><time>${escapeHtml(mail.at.slice(11, 19))}</time></a></li>`;
  });
  return `<nav aria-label="Mails"><ul>${items.join("")}</ul></nav>`;
}

function message(mail: CapturedMail): string {
  return `<main><h2>${escapeHtml(mail.subject)}</h2><p>to ${escapeHtml(mail.to)}</p>
<iframe title="Message" sandbox="allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation" src="/mailbox/${mail.id}.html"></iframe>
<details><summary>Plain text</summary><pre>${escapeHtml(mail.text)}</pre></details></main>`;
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Hotspot</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; display: grid; gap: 1.5rem; grid-template-columns: minmax(16rem, 22rem) 1fr; }
h1, body > p { grid-column: 1 / -1; margin: 0; }
ul { list-style: none; margin: 0; padding: 0; }
nav a { display: grid; grid-template-columns: 1fr auto; gap: 0 .75rem; padding: .6rem .75rem; border-radius: .5rem; color: inherit; text-decoration: none; }
nav a[aria-current], nav a:hover { background: color-mix(in srgb, currentColor 10%, transparent); }
nav strong { grid-column: 1 / -1; }
nav, main { min-width: 0; }
nav span, nav strong { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
iframe { width: 100%; height: 40rem; border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .75rem; background: #fff; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 50rem) { body { grid-template-columns: 1fr; } }
</style>
</head>
<body><h1>${title}</h1>${body}</body>
</html>
`;
}
