import { expect, test } from "vitest";
import { NewConnection } from "./new-connection.ts";
import { FakeClient } from "./testing/fake-client.ts";

function make() {
  const client = new FakeClient();
  const heard: string[] = [];
  const admitted: FakeClient[] = [];
  const events = {
    onData: (chunk: Uint8Array) => void heard.push(Buffer.from(chunk).toString()),
    onDrain: () => void heard.push("drain"),
    onEnd: () => void heard.push("end"),
    onClose: () => void heard.push("close"),
  };
  const admit = (one: FakeClient) => {
    admitted.push(one);
    one.events = events;
  };
  return { client, heard, admitted, events, waiting: new NewConnection(client, admit) };
}

test("what came while it waited is heard in its turn: bytes, then the end", () => {
  const { client, heard, waiting } = make();
  client.send("GET / HT");
  client.send("TP/1.1");
  client.finish();
  expect(heard).toEqual([]);
  waiting.onTurn();
  expect(heard).toEqual(["GET / HTTP/1.1", "end"]);
  client.send("more");
  expect(heard.at(-1)).toBe("more");
});

test("one that goes before its turn is never admitted; one that ends without a byte is dropped at once", () => {
  const gone = make();
  gone.client.send("GET /");
  gone.client.disconnect();
  gone.waiting.onTurn();
  expect(gone.admitted).toHaveLength(0);
  const ended = make();
  ended.client.finish();
  expect(ended.client.terminated).toBe(true);
});

test("one that sends on is not read beyond a bound while it waits", () => {
  const { client, heard, waiting } = make();
  client.send("x".repeat(65_536));
  expect(client.paused).toBe(false);
  client.send("x");
  expect(client.paused).toBe(true);
  waiting.onTurn();
  expect(client.paused).toBe(false);
  expect(heard[0]).toHaveLength(65_537);
});

test("one that was refused in its turn hears nothing more", () => {
  const client = new FakeClient();
  const waiting = new NewConnection(client, (one) => one.terminate());
  client.send("GET /");
  waiting.onTurn();
  expect(client.terminated).toBe(true);
  expect(client.events).toBeNull();
});
