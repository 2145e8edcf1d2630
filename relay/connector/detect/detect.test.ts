import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { chooseUpstream } from "../commands/upstream.ts";
import { ExitCode } from "../exit.ts";
import { candidates } from "./candidates.ts";
import { detectUpstreams } from "./detect.ts";

const servers: http.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A program that answers these paths with JSON, and 404 for all others; a path with null never answers. */
async function serve(answers: Record<string, unknown>): Promise<number> {
  const server = http.createServer((request, response) => {
    const answer = answers[request.url ?? ""];
    if (answer === null) return;
    response.writeHead(answer === undefined ? 404 : 200);
    response.end(answer === undefined ? "no" : JSON.stringify(answer));
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** The usual candidates, each on the port given for it; port 1 for the others, where nobody listens. */
const on = (ports: Record<string, number>) =>
  candidates.map((candidate) => ({ ...candidate, port: ports[candidate.name] ?? 1 }));

const models = { object: "list", data: [{ id: "m" }] };

describe("detectUpstreams", () => {
  test.each([
    ["Ollama", { "/api/version": { version: "0.9.0" } }],
    ["LM Studio", { "/v1/models": models }],
    ["vLLM", { "/v1/models": models }],
    ["llama.cpp", { "/health": { status: "ok" } }],
    ["llama.cpp", { "/props": { default_generation_settings: {} } }],
    ["llama.cpp", { "/health": { error: { code: 503, message: "Loading model" } } }],
  ])("knows %s", async (name, answers) => {
    const port = await serve(answers);
    expect(await detectUpstreams(on({ [name]: port }))).toEqual([{ name, url: `http://127.0.0.1:${port}` }]);
  });

  test("takes nothing else on the same port: another program, one that hangs, nobody", async () => {
    const other = await serve({ "/health": { healthy: true }, "/v1/models": { models: [] } });
    const silent = await serve({ "/api/version": null });
    expect(await detectUpstreams(on({ "llama.cpp": other, vLLM: other, Ollama: silent }), 150)).toEqual([]);
  });

  test("the usual ports are those of the programs", () => {
    expect(candidates.map(({ name, port }) => `${name} ${port}`)).toEqual([
      "Ollama 11434",
      "LM Studio 1234",
      "vLLM 8000",
      "llama.cpp 8080",
    ]);
  });
});

describe("chooseUpstream", () => {
  const found = [
    { name: "Ollama", url: "http://127.0.0.1:11434" },
    { name: "vLLM", url: "http://127.0.0.1:8000" },
  ];

  test("says what it found and picks by order", async () => {
    const notes: string[] = [];
    const options = { to: null, insecureUpstream: false };
    const target = await chooseUpstream(
      options,
      (note) => notes.push(note),
      async () => found,
    );
    expect(target.url).toBe("http://127.0.0.1:11434");
    expect(notes).toEqual([
      "Found Ollama at http://127.0.0.1:11434.",
      "Also here: vLLM (--to http://127.0.0.1:8000). Forwarding to Ollama.",
    ]);
  });

  test("finds nothing: usage error that says what to do", async () => {
    const options = { to: null, insecureUpstream: false };
    await expect(
      chooseUpstream(
        options,
        () => undefined,
        async () => [],
      ),
    ).rejects.toMatchObject({
      exitCode: ExitCode.usage,
      message: expect.stringContaining("--to http://127.0.0.1:8080"),
    });
  });

  test.each([
    ["11434", "http://127.0.0.1:11434"],
    [":8080", "http://127.0.0.1:8080"],
    ["localhost:3000", "http://localhost:3000"],
    ["http://[::1]:8080/base/", "http://[::1]:8080/base"],
    ["https://api.example.com", "https://api.example.com"],
  ])("reads --to %s", async (to, url) => {
    const target = await chooseUpstream({ to, insecureUpstream: false }, () => undefined);
    expect(target.url).toBe(url);
  });

  test.each(["0", "70000", "ftp://a", "http://a:b@c", "http://a/?b", "", "http://"])(
    "refuses --to %s",
    async (to) => {
      const choice = chooseUpstream({ to, insecureUpstream: false }, () => undefined);
      await expect(choice).rejects.toMatchObject({ exitCode: ExitCode.usage });
    },
  );
});
