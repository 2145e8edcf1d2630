import type { OpenAPIObject } from "trpc-to-openapi";
import { exampleOf, type JsonSchema } from "./schema-text.ts";

export interface CurlInput {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly { name: string; in: string; required?: boolean; schema?: JsonSchema }[];
  readonly body: JsonSchema;
  readonly secured: boolean;
}

/** A curl command line that calls a route, with the required fields filled in. */
export function curlOf(document: OpenAPIObject, input: CurlInput): string {
  const filledIn = (schema: JsonSchema | undefined) =>
    encodeURIComponent(String(exampleOf(document, schema ?? {})));
  let path = input.path;
  const query: string[] = [];
  for (const parameter of input.parameters) {
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, filledIn(parameter.schema));
    else if (parameter.required) query.push(`${parameter.name}=${filledIn(parameter.schema)}`);
  }
  const url = `${document.servers?.[0]?.url ?? ""}${path}${query.length > 0 ? `?${query.join("&")}` : ""}`;
  const words = ["curl"];
  if (input.method !== "get") words.push(`-X ${input.method.toUpperCase()}`);
  words.push(quote(url));
  const lines = [words.join(" ")];
  if (input.secured) lines.push(`-H 'authorization: Bearer hs_api_…'`);
  if (input.body.properties) {
    lines.push(
      `-H 'content-type: application/json'`,
      `-d ${quote(JSON.stringify(bodyOf(document, input.body)))}`,
    );
  }
  return lines.join(" \\\n  ");
}

/** Required fields, and the credential of machine routes; with nothing required, all fields. */
function bodyOf(document: OpenAPIObject, schema: JsonSchema): Record<string, unknown> {
  const fields = Object.entries(schema.properties ?? {});
  const wanted = fields.filter(
    ([name]) => schema.required?.includes(name) || name === "licenseKey" || name === "deviceId",
  );
  const shown = wanted.length > 0 ? wanted : fields;
  return Object.fromEntries(shown.map(([name, field]) => [name, exampleOf(document, field)]));
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
