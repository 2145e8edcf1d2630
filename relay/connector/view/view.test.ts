import { expect, test } from "vitest";
import type { ExchangeRecord } from "../upstream/dispatcher.ts";
import { formatBytes, formatDuration, printable } from "./format.ts";
import { createJsonReporter } from "./json.ts";
import { createLiveReporter } from "./live.ts";
import { createPlainReporter } from "./plain.ts";

const record: ExchangeRecord = {
  method: "GET",
  path: "/v1/models",
  status: 200,
  durationMs: 12.34,
  bytesIn: 0,
  bytesOut: 1_234,
  failure: null,
};
const clock = () => new Date(2026, 10, 20, 14, 5, 9);

function capture() {
  const text = { out: "", err: "" };
  const stdout = (more: string) => {
    text.out += more;
  };
  const stderr = (more: string) => {
    text.err += more;
  };
  return { text, output: { stdout, stderr } };
}

test("plain: the live line first, then a line per request; all else on stderr", () => {
  const { text, output } = capture();
  const reporter = createPlainReporter(output, clock);
  reporter.note("Found Ollama.");
  const acme = reporter.endpoint("acme");
  acme.links(1, 2);
  acme.live("https://acme.example.com", "http://127.0.0.1:11434");
  acme.request(record);
  acme.request({ ...record, status: 0, failure: { code: 1, reason: "connection refused" }, bytesOut: 0 });
  acme.links(0, 2);
  acme.links(2, 2);
  reporter.close();
  expect(text.out.split("\n")).toEqual([
    "live https://acme.example.com -> http://127.0.0.1:11434",
    "14:05:09 GET /v1/models 200 12 ms 1.2 KB",
    "14:05:09 GET /v1/models unreachable 12 ms 0 B",
    "",
  ]);
  expect(text.err).toBe("Found Ollama.\noffline: no link to the relay\nonline: 2 of 2 links\n");
});

test("plain: in a rush the first requests and all that failed are listed, the others counted", () => {
  const { text, output } = capture();
  const reporter = createPlainReporter(output, clock);
  const acme = reporter.endpoint("acme");
  for (let i = 0; i < 10_000; i++) acme.request(record);
  acme.request({ ...record, status: 502 });
  reporter.close();
  const lines = text.out.trimEnd().split("\n");
  expect(lines).toHaveLength(27);
  expect(lines.slice(-2)).toEqual(["14:05:09 GET /v1/models 502 12 ms 1.2 KB", "14:05:09 … and 9975 more"]);
});

test("json: each line is an object", () => {
  const { text, output } = capture();
  const reporter = createJsonReporter(output, clock);
  reporter.endpoint("acme").live("https://acme.example.com", "http://127.0.0.1:1");
  reporter.endpoint("acme").request(record);
  const lines = text.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { event: "live", slug: "acme", publicUrl: "https://acme.example.com", upstream: "http://127.0.0.1:1" },
    { event: "request", method: "GET", status: 200, durationMs: 12.3, bytesOut: 1_234, error: null },
  ]);
});

/** What a terminal of 80 columns shows after all that was written, for the sequences that are used. */
function screen(written: string): string[] {
  const lines = [""];
  let row = 0;
  const pattern = /␛\[(\?25[lh]|\d*F|K|J|\d+m)|\n|[^␛\n]+/g;
  let column = 0;
  for (const [token, sequence] of written.replaceAll("\x1b", "␛").matchAll(pattern)) {
    if (sequence?.endsWith("F")) {
      row -= Number.parseInt(sequence, 10);
      column = 0;
    } else if (sequence === "K") lines[row] = lines[row]!.slice(0, column);
    else if (sequence === "J") lines.length = row + 1;
    else if (token === "\n") {
      row++;
      column = 0;
      lines[row] ??= "";
    } else if (sequence === undefined) {
      lines[row] = lines[row]!.slice(0, column) + token + lines[row]!.slice(column + token.length);
      column += token.length;
    }
  }
  return lines;
}

function liveView(columns = 80) {
  let written = "";
  let frame: (() => void) | null = null;
  const reporter = createLiveReporter({
    terminal: { write: (text) => (written += text), columns, rows: 24 },
    latencyMs: () => 12,
    colors: true,
    now: clock,
    schedule: (task) => {
      frame = task;
      return () => {
        frame = null;
      };
    },
  });
  const draw = () => frame?.();
  return { reporter, draw, written: () => written };
}

test("live: address, upstream, links, latency and the last requests, drawn over themselves", () => {
  const { reporter, draw, written } = liveView();
  const acme = reporter.endpoint("acme");
  acme.live("https://acme.example.com", "http://127.0.0.1:11434");
  acme.links(1, 1);
  for (let i = 1; i <= 20; i++) acme.request({ ...record, path: `/request/${i}` });
  draw();
  draw();
  const lines = screen(written());
  expect(lines.slice(0, 7).map((line) => line.trim())).toEqual([
    "live https://acme.example.com -> http://127.0.0.1:11434",
    "",
    "https://acme.example.com",
    "-> http://127.0.0.1:11434",
    "online  1 of 1 links, 12 ms",
    "",
    "20 requests. Ctrl-C stops.",
  ]);
  expect(lines.filter((line) => line.includes("/request/"))).toHaveLength(15);
  expect(lines.at(-2)).toMatch(/^ {2}14:05:09 GET {4}\/request\/20 +200 +12 ms +1\.2 KB$/);
});

test("several endpoints: each line says whose it is, and the view has a line for each", () => {
  const { text, output } = capture();
  const plain = createPlainReporter(output, clock);
  const { reporter, draw, written } = liveView();
  for (const one of [plain, reporter]) {
    for (const slug of ["acme", "beta"]) {
      one.endpoint(slug).live(`https://${slug}.example.com`, "http://127.0.0.1:1");
      one.endpoint(slug).links(slug === "acme" ? 1 : 0, 1);
    }
    one.endpoint("beta").request(record);
    one.endpoint("beta").note("Link lost.");
  }
  draw();
  plain.close();
  expect(text.out).toContain("14:05:09 beta GET /v1/models 200");
  expect(text.err).toBe("beta: Link lost.\n");
  const lines = screen(written()).map((line) => line.trim());
  expect(lines.slice(0, 7)).toEqual([
    "live https://acme.example.com -> http://127.0.0.1:1",
    "live https://beta.example.com -> http://127.0.0.1:1",
    "",
    "online      https://acme.example.com -> http://127.0.0.1:1",
    "connecting  https://beta.example.com -> http://127.0.0.1:1",
    "beta: Link lost.",
    "1 requests. Ctrl-C stops.",
  ]);
  expect(lines[7]).toMatch(/^14:05:09 beta +GET +\/v1\/models +200/);
});

test("live: no line is wider than the terminal, and closing gives the cursor back", () => {
  const { reporter, draw, written } = liveView(40);
  const endpoint = reporter.endpoint("a-rather-long-name-for-a-tenant");
  endpoint.live("https://a-rather-long-name-for-a-tenant.example.com", "http://127.0.0.1:11434");
  reporter.note(`trouble ${"x".repeat(200)}`);
  endpoint.request({ ...record, path: `/${"long".repeat(50)}` });
  draw();
  reporter.close();
  for (const line of screen(written()).slice(1)) expect(line.length).toBeLessThan(40);
  expect(written().endsWith("\x1b[?25h")).toBe(true);
});

test("what others send cannot steer the terminal", () => {
  expect(printable("/a\x1b[2J\u202eb\u0085\n")).toBe("/a?[2J?b??");
});

test("numbers are short", () => {
  expect([0, 999, 1_000, 9_949, 12_345, 999_500, 5e9].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 KB",
    "9.9 KB",
    "12 KB",
    "1.0 MB",
    "5.0 GB",
  ]);
  expect([0.42, 12.3, 1_500, 125_000].map(formatDuration)).toEqual(["0.4 ms", "12 ms", "1.5 s", "2:05 min"]);
});
