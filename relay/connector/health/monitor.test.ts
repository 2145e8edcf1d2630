import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { HealthMonitor } from "./monitor.ts";

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const step of cleanup.splice(0)) step();
});

async function upstream() {
  const answer = { status: 200, looks: 0 };
  const server = http.createServer((_request, response) => {
    answer.looks++;
    response.statusCode = answer.status;
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanup.push(() => server.close());
  return { answer, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/health` };
}

function monitor(url: string, isExpected = () => true) {
  const changes: (string | null)[] = [];
  const watching = new HealthMonitor({
    target: { kind: "url", url },
    everyMs: 20,
    isExpected,
    onChange: (why) => changes.push(why),
  });
  cleanup.push(() => watching.stop());
  watching.start();
  return changes;
}

test("an upstream that fails twice in a row is told as ill with the reason, and as well again after one success", async () => {
  const { answer, url } = await upstream();
  const changes = monitor(url);
  await vi.waitFor(() => expect(answer.looks).toBeGreaterThan(2));
  expect(changes).toEqual([]);
  answer.status = 503;
  await vi.waitFor(() => expect(changes).toEqual([`${url} answers 503`]));
  answer.status = 204;
  await vi.waitFor(() => expect(changes).toEqual([`${url} answers 503`, null]));
});

test("an upstream that sleeps is not ill, and not looked at", async () => {
  const { answer, url } = await upstream();
  answer.status = 500;
  let asked = 0;
  const changes = monitor(url, () => {
    asked++;
    return false;
  });
  await vi.waitFor(() => expect(asked).toBeGreaterThan(4));
  expect(answer.looks).toBe(0);
  expect(changes).toEqual([]);
});
