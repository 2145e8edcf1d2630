import { expect, test } from "vitest";
import { rawRequest } from "../../fixtures/raw-http.ts";
import type { Lab } from "../lab.ts";

/** Longer than the defaults that cut elsewhere at 5, 10, 30 and 60 s. */
const SILENCE_MS = 65_000;

/** The one place where time itself is the subject: these run beside everything else in their file. */
export function silence(lab: Lab): void {
  test("65 s of silence inside a stream do not cut it", { timeout: 90_000 }, async () => {
    lab.upstream.on("/silent-inside", async (_req, res) => {
      res.write("data: before\n\n");
      await silent();
      res.end("data: after\n\n");
    });
    const answer = await rawRequest(lab.port, ["GET /silent-inside HTTP/1.1", `Host: ${lab.host}`]);
    expect(answer.body.toString()).toBe("data: before\n\ndata: after\n\n");
  });

  test("65 s of silence before the header do not cut the request", { timeout: 90_000 }, async () => {
    lab.upstream.on("/silent-before", async (_req, res) => {
      await silent();
      res.end("thought about it");
    });
    const answer = await rawRequest(lab.port, ["GET /silent-before HTTP/1.1", `Host: ${lab.host}`]);
    expect([answer.status, answer.body.toString()]).toEqual([200, "thought about it"]);
  });
}

function silent(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
}
