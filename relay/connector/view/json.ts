import type { Output, Reporter } from "./reporter.ts";

/** For programs: one JSON object per line; events on stdout, notes on stderr. Each names its endpoint. */
export function createJsonReporter(output: Output, now: () => Date = () => new Date()): Reporter {
  const line = (event: string, fields: Record<string, unknown>) =>
    `${JSON.stringify({ event, time: now().toISOString(), ...fields })}\n`;
  return {
    endpoint: (slug) => ({
      live: (publicUrl, upstream) => output.stdout(line("live", { slug, publicUrl, upstream })),
      tcp: (publicAddress, upstream) => output.stdout(line("live", { slug, publicAddress, upstream })),
      links: (up, wanted) => output.stdout(line("links", { slug, up, wanted })),
      request(record) {
        const { failure, durationMs, ...rest } = record;
        output.stdout(
          line("request", {
            slug,
            ...rest,
            durationMs: Math.round(durationMs * 10) / 10,
            error: failure?.reason ?? null,
          }),
        );
      },
      note: (message) => output.stderr(line("note", { slug, message })),
      gone: () => output.stdout(line("gone", { slug })),
    }),
    note: (message) => output.stderr(line("note", { message })),
    close() {},
  };
}
