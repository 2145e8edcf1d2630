const escapes: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for HTML content and attribute values. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character]);
}

/** Where somebody can do something about an error. */
export interface ErrorLink {
  readonly href: string;
  readonly text: string;
}

/** The page a browser gets for an error of ours. Loads nothing, runs nothing. */
export function errorPage(error: {
  status: number;
  title: string;
  message: string;
  code: string;
  requestId: string;
  link?: ErrorLink | undefined;
}): string {
  const title = escapeHtml(`${error.status} ${error.title}`);
  const link = error.link
    ? `<p><a href="${escapeHtml(error.link.href)}">${escapeHtml(error.link.text)}</a></p>\n`
    : "";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 36rem; margin: 15vh auto 0; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; opacity: .75; font-size: .875rem; }
dd { margin: 0; overflow-wrap: anywhere; }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${escapeHtml(error.message)}</p>
${link}<dl><dt>Code</dt><dd><code>${escapeHtml(error.code)}</code></dd>
<dt>Request</dt><dd><code>${escapeHtml(error.requestId)}</code></dd></dl>
</main>
</body>
</html>
`;
}
