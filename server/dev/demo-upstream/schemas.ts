import { z } from "zod";
import { OpenAiError } from "./errors.ts";

/** The one model there is; the name says what it is. */
export const DEMO_MODEL = "demo";

const contentPart = z.looseObject({ type: z.string(), text: z.string().optional() });
const message = z.looseObject({
  role: z.enum(["developer", "system", "user", "assistant", "tool", "function"]),
  content: z.union([z.string(), z.array(contentPart)]).nullish(),
});
const maxTokens = z.int().positive().nullish();

/** What is read of a chat completion request; other fields are accepted and change nothing. */
export const ChatRequest = z.looseObject({
  model: z.string(),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: maxTokens,
  max_completion_tokens: maxTokens,
  n: z.literal(1, { error: "the demo model gives one choice" }).nullish(),
});
export type ChatRequest = z.infer<typeof ChatRequest>;

export const EmbeddingsRequest = z.looseObject({
  model: z.string(),
  input: z.union([
    z.string().min(1),
    z.array(z.string().min(1)).min(1),
    z.array(z.int().nonnegative()).min(1),
    z.array(z.array(z.int().nonnegative()).min(1)).min(1),
  ]),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  dimensions: z.int().positive().max(4096).nullish(),
});
export type EmbeddingsRequest = z.infer<typeof EmbeddingsRequest>;

/**
 * @throws OpenAiError 400 naming the field, 404 `model_not_found`
 */
export function parseRequest<T extends { model: string }>(schema: z.ZodType<T>, body: string): T {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new OpenAiError(400, "The body is not valid JSON.");
  }
  const result = schema.safeParse(json);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const param = issue.path.join(".");
    throw new OpenAiError(
      400,
      param ? `Invalid '${param}': ${issue.message}.` : `${issue.message}.`,
      param ? { param } : {},
    );
  }
  if (result.data.model !== DEMO_MODEL) {
    throw new OpenAiError(
      404,
      `The model '${result.data.model}' does not exist. This is Hotspot's demo upstream; it has '${DEMO_MODEL}'.`,
      { param: "model", code: "model_not_found" },
    );
  }
  return result.data;
}
