/** Programs that people run, with the address they listen on out of the box. The connector looks for the same ones. */
export const upstreams = [
  { name: "Ollama", url: "http://127.0.0.1:11434" },
  { name: "LM Studio", url: "http://127.0.0.1:1234" },
  { name: "vLLM", url: "http://127.0.0.1:8000" },
  { name: "llama.cpp", url: "http://127.0.0.1:8080" },
] as const;

/** A port as typed, when it is one: 1 to 65535. */
export function readPort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}
