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

test("what a turn has for many clients leaves at its end, in the order in which it was written", () => {
  const scratch = new Scratch();
  const order: string[] = [];
  const clients = ["a", "b"].map((name) => {
    const client = new FakeClient();
    const output = new Output(client, scratch, {
      onWritten() {},
      // The end of one answer brings the next one.
      onEmpty: () => {
        order.push(`${name} ${client.received}`);
        if (name === "a" && client.received === "12") output.write(Buffer.from("4"));
      },
    });
    return { client, output };
  });
  const [a, b] = clients as [(typeof clients)[0], (typeof clients)[0]];
  scratch.startTurn();
  a.output.write(Buffer.from("1"));
  a.output.write(Buffer.from("2"));
  b.output.write(Buffer.from("3"));
  a.output.flushSoon();
  b.output.flushSoon();
  expect([a.client.received, b.client.received, a.output.isEmpty]).toEqual(["", "", false]);
  scratch.endTurn();
  expect(order).toEqual(["a 12", "b 3", "a 124"]);
  expect(a.output.isEmpty && b.output.isEmpty).toBe(true);
});

test("more than there is room for leaves within the turn; of a client that is gone nothing does", () => {
  const scratch = new Scratch();
  const make = () => {
    const client = new FakeClient();
    return { client, output: new Output(client, scratch, { onWritten() {}, onEmpty() {} }) };
  };
  const gone = make();
  const many = Array.from({ length: 100 }, make);
  scratch.startTurn();
  gone.output.write(Buffer.from("never"));
  gone.output.close();
  for (const [n, { output }] of many.entries()) output.write(Buffer.alloc(4_000, String(n % 10)));
  expect(many[0]!.client.received).toHaveLength(4_000);
  expect(many[99]!.client.received).toBe("");
  scratch.endTurn();
  for (const [n, { client }] of many.entries()) expect(client.received).toBe(String(n % 10).repeat(4_000));
  expect(gone.client.writes).toBe(0);
});
