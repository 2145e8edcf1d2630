import { expect, test } from "vitest";
import { Output, Scratch } from "./output.ts";
import { FakeClient } from "./testing/fake-client.ts";

function make() {
  const client = new FakeClient();
  const heard = { written: 0, empty: 0 };
  const scratch = new Scratch();
  const output = new Output(client, scratch, {
    onWritten: (bytes) => {
      heard.written += bytes;
    },
    onEmpty: () => {
      heard.empty++;
    },
  });
  return { client, heard, output, scratch };
}

test("bytes keep their order through scratch, direct writes and queue, however little the client takes", () => {
  const { client, heard, output } = make();
  client.room = 10;
  let expected = "";
  let payload = 0;
  for (let i = 0; i < 300; i++) {
    const piece = String(i)
      .padStart(4, "0")
      .repeat(i % 50 === 49 ? 5_000 : 1 + (i % 7));
    expected += piece;
    payload += piece.length;
    output.writePayload(Buffer.from(piece), true);
    if (i % 3 === 0) output.flush();
    if (i % 11 === 0) {
      client.room += 37;
      output.onDrain();
    }
  }
  output.flush();
  while (!output.isEmpty) {
    client.room += 1_000;
    output.onDrain();
  }
  expect(client.received).toBe(expected);
  expect(heard.written).toBe(payload);
});

test("many tiny pieces to a stalled client share a few blocks", () => {
  const { client, output } = make();
  client.room = 0;
  for (let i = 0; i < 10_000; i++) {
    output.write(Buffer.from("x"));
    output.flush();
  }
  expect(output.queuedBytes).toBe(10_000);
  client.room = Number.POSITIVE_INFINITY;
  output.onDrain();
  // One attempt when the first byte came, one to send them all.
  expect(client.writes).toBe(2);
  expect(client.received).toHaveLength(10_000);
});

test("a closed socket ends all writing", () => {
  const { client, output } = make();
  client.terminated = true;
  output.write(Buffer.from("x"));
  output.flush();
  expect([output.closed, output.queuedBytes]).toEqual([true, 0]);
});
