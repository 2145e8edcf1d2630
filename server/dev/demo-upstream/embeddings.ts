import { createHash } from "node:crypto";
import { DEMO_MODEL, type EmbeddingsRequest } from "./schemas.ts";

const DEFAULT_DIMENSIONS = 64;

/** Vectors derived from a hash of the input: equal inputs have equal vectors, nothing else is meant by them. */
export function answerEmbeddings(request: EmbeddingsRequest) {
  const inputs = inputsOf(request.input);
  const dimensions = request.dimensions ?? DEFAULT_DIMENSIONS;
  const tokens = inputs.reduce((sum, input) => sum + (input.match(/\S+/g)?.length ?? 0), 0);
  return {
    object: "list",
    model: DEMO_MODEL,
    data: inputs.map((input, index) => {
      const vector = vectorOf(input, dimensions);
      const embedding =
        request.encoding_format === "base64"
          ? Buffer.from(vector.buffer).toString("base64")
          : Array.from(vector);
      return { object: "embedding", index, embedding };
    }),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

function inputsOf(input: EmbeddingsRequest["input"]): string[] {
  if (typeof input === "string") return [input];
  if (typeof input[0] === "number") return [(input as number[]).join(" ")];
  return (input as (string | number[])[]).map((item) => (typeof item === "string" ? item : item.join(" ")));
}

/** Unit length, as the vectors of real models are. */
function vectorOf(input: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (let block = 0; block * 8 < dimensions; block++) {
    const hash = createHash("sha256").update(`${block}:${input}`).digest();
    for (let i = 0; i < 8 && block * 8 + i < dimensions; i++) {
      vector[block * 8 + i] = hash.readInt32LE(i * 4) / 2 ** 31;
    }
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}
