import type { OpenAPIObject } from "trpc-to-openapi";
import { escapeHtml } from "../../html.ts";
import { curlOf } from "./curl.ts";
import { exampleOf, type JsonSchema, resolveSchema, typeName } from "./schema-text.ts";

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema?: JsonSchema;
  description?: string;
}
interface Media {
  content?: Record<string, { schema?: JsonSchema }>;
}
interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  security?: object[];
  parameters?: Parameter[];
  requestBody?: Media;
  responses?: Record<string, Media & { description?: string }>;
}

/**
 * The API as a page for people: groups, fields, answers and a curl line for each route. One HTML document made from the
 * OpenAPI document alone, without scripts or anything to load
 * (fits `default-src 'none'; style-src 'unsafe-inline'`).
 */
export function apiDocsHtml(document: OpenAPIObject): string {
  const groups = new Map<string, string[]>((document.tags ?? []).map(({ name }) => [name, []]));
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [method, value] of Object.entries(item as Record<string, unknown>)) {
      const operation = value as Operation;
      const group = operation.tags?.[0] ?? "Other";
      groups.set(group, [...(groups.get(group) ?? []), operationHtml(document, method, path, operation)]);
    }
  }
  const filled = [...groups].filter(([, operations]) => operations.length > 0);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(document.info.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escapeHtml(document.info.title)}</h1>
${paragraphs(document.info.description ?? "")}
<p>Machine-readable: <a href="/api/openapi.json">/api/openapi.json</a> (OpenAPI ${escapeHtml(document.openapi)})</p></header>
<nav aria-label="Groups"><ul>${filled.map(([name]) => `<li><a href="#${anchor(name)}">${escapeHtml(name)}</a></li>`).join("")}</ul></nav>
<main>
${filled.map(([name, operations]) => `<section id="${anchor(name)}"><h2>${escapeHtml(name)}</h2>${operations.join("")}</section>`).join("\n")}
</main>
</body>
</html>
`;
}

function operationHtml(document: OpenAPIObject, method: string, path: string, operation: Operation): string {
  const body = schemaOf(document, operation.requestBody);
  const parameters = operation.parameters ?? [];
  const answer = schemaOf(document, operation.responses?.["200"]);
  const rows = [
    ...parameters.map((parameter) =>
      rowHtml(document, parameter.name, parameter.in, parameter.required === true, {
        ...parameter.schema,
        ...(parameter.description ? { description: parameter.description } : {}),
      }),
    ),
    ...fieldsOf(body).map(([name, schema, required]) => rowHtml(document, name, "body", required, schema)),
  ];
  return `<article id="${anchor(operation.operationId ?? path)}">
<h3><code><b>${method.toUpperCase()}</b> ${escapeHtml(path)}</code></h3>
<p>${escapeHtml(operation.summary ?? "")}${operation.security ? "" : " <small>(no bearer token needed)</small>"}</p>
${operation.description ? paragraphs(operation.description) : ""}
${rows.length > 0 ? `<table><thead><tr><th>Field</th><th>In</th><th>Type</th><th>Meaning</th></tr></thead><tbody>${rows.join("")}</tbody></table>` : ""}
<h4>Try it</h4>
<pre><code>${escapeHtml(curlOf(document, { method, path, parameters, body, secured: operation.security !== undefined }))}</code></pre>
<h4>Answer</h4>
<pre><code>${escapeHtml(JSON.stringify(exampleOf(document, answer), null, 2))}</code></pre>
</article>`;
}

function rowHtml(
  document: OpenAPIObject,
  name: string,
  place: string,
  required: boolean,
  schema: JsonSchema,
): string {
  const resolved = resolveSchema(document, schema);
  const optional = required ? "" : " <small>optional</small>";
  return `<tr><td><code>${escapeHtml(name)}</code>${optional}</td><td>${escapeHtml(place)}</td><td>${escapeHtml(typeName(document, resolved))}</td><td>${escapeHtml(resolved.description ?? "")}</td></tr>`;
}

function fieldsOf(schema: JsonSchema): [string, JsonSchema, boolean][] {
  return Object.entries(schema.properties ?? {}).map(([name, field]) => [
    name,
    field,
    schema.required?.includes(name) ?? false,
  ]);
}

function schemaOf(document: OpenAPIObject, media: Media | undefined): JsonSchema {
  return resolveSchema(document, media?.content?.["application/json"]?.schema ?? {});
}

const anchor = (name: string) => name.toLowerCase().replace(/[^a-z0-9]+/g, "-");

/** Blank lines part paragraphs; backticks mark code. */
function paragraphs(text: string): string {
  return text
    .split(/\n{2,}/)
    .map((part) => `<p>${escapeHtml(part).replace(/`([^`]+)`/g, "<code>$1</code>")}</p>`)
    .join("\n");
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 56rem; margin: 2rem auto; padding: 0 1.25rem; }
body { background: light-dark(#fff, #15171c); color: light-dark(#16181d, #e8eaee); }
a { color: light-dark(#0b57d0, #8ab4f8); }
nav ul { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style: none; }
article { margin: 2rem 0; padding-top: 1rem; border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
pre { padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; }
h3, td { overflow-wrap: anywhere; }
td:first-child { min-width: 6rem; }
h4 { margin: 1rem 0 .25rem; }
`;
