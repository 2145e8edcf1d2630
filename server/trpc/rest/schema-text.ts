import type { OpenAPIObject } from "trpc-to-openapi";

/** The part of JSON Schema that our document uses. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  description?: string;
  example?: unknown;
  examples?: unknown[];
  format?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
}

/** Follows a reference into the components of the document. */
export function resolveSchema(document: OpenAPIObject, schema: JsonSchema): JsonSchema {
  const name = schema.$ref?.replace("#/components/schemas/", "");
  if (name === undefined) return schema;
  const { $ref: _ref, ...rest } = schema;
  return { ...((document.components?.schemas?.[name] ?? {}) as JsonSchema), ...rest };
}

/** A short name of a type for a table: `string`, `"a" | "b"`, `string[]`. */
export function typeName(document: OpenAPIObject, raw: JsonSchema): string {
  const schema = resolveSchema(document, raw);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.map((option) => typeName(document, option)).join(" | ");
  if (schema.items) return `${typeName(document, schema.items)}[]`;
  return [schema.type ?? "any"].flat().join(" | ");
}

/** A value that fits a schema, to show what goes in or comes out. */
export function exampleOf(document: OpenAPIObject, raw: JsonSchema): unknown {
  const schema = resolveSchema(document, raw);
  const given = schema.example ?? schema.examples?.[0] ?? schema.const ?? schema.enum?.[0];
  if (given !== undefined) return given;
  const option = schema.anyOf?.[0] ?? schema.oneOf?.[0] ?? schema.allOf?.[0];
  if (option) return exampleOf(document, option);
  if (schema.properties) {
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, field]) => [name, exampleOf(document, field)]),
    );
  }
  if (schema.items) return [exampleOf(document, schema.items)];
  switch ([schema.type].flat()[0]) {
    case "boolean":
      return true;
    case "integer":
    case "number":
      return 1;
    case "null":
      return null;
    case "object":
      return {};
    default:
      return schema.format === "date-time" ? "2026-11-20T09:30:00Z" : "…";
  }
}
