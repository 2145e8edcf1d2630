import * as z from "zod";

/** A program that is worth looking for, and how to know it from others on the same port. */
export interface Candidate {
  name: string;
  port: number;
  /** Any one of these paths must give JSON of its shape. */
  probes: { path: string; shape: z.ZodType }[];
}

const modelList = z.object({ data: z.array(z.object({ id: z.string() })) });

/** In the order of preference when several run. */
export const candidates: Candidate[] = [
  {
    name: "Ollama",
    port: 11_434,
    probes: [{ path: "/api/version", shape: z.object({ version: z.string() }) }],
  },
  { name: "LM Studio", port: 1_234, probes: [{ path: "/v1/models", shape: modelList }] },
  { name: "vLLM", port: 8_000, probes: [{ path: "/v1/models", shape: modelList }] },
  {
    name: "llama.cpp",
    port: 8_080,
    probes: [
      { path: "/health", shape: z.object({ status: z.enum(["ok", "loading model", "no slot available"]) }) },
      // While it loads a model /health says so with an error shape of its own.
      { path: "/props", shape: z.object({ default_generation_settings: z.unknown() }) },
      { path: "/health", shape: z.object({ error: z.object({ message: z.literal("Loading model") }) }) },
    ],
  },
];
