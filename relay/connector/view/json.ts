import type { Output, Reporter } from "./reporter.ts";

/** For programs: one JSON object per line; events on stdout, notes on stderr. */
export function createJsonReporter(output: Output, now: () => Date = () => new Date()): Reporter {
  const line = (event: string, fields: Record<string, unknown>) =>
    `${JSON.stringify({ event, time: now().toISOString(), ...fields })}\n`;
  return {
    live: (publicUrl, upstream) => output.stdout(line("live", { publicUrl, upstream })),
    links: (up, wanted) => output.stdout(line("links", { up, wanted })),
    request(record) {
      const { failure, durationMs, ...rest } = record;
      output.stdout(
        line("request", {
          ...rest,
          durationMs: Math.round(durationMs * 10) / 10,
          error: failure?.reason ?? null,
        }),
      );
    },
    note: (message) => output.stderr(line("note", { message })),
    close() {},
  };
}
