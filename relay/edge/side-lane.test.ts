import { expect, test } from "vitest";
import { SideLane } from "./side-lane.ts";

function make(perTurn: number) {
  const turns: (() => void)[] = [];
  const faults: unknown[] = [];
  const lane = new SideLane(
    perTurn,
    (run) => turns.push(run),
    (error) => faults.push(error),
  );
  return { lane, turns, faults, turn: () => turns.shift()?.() };
}

function task(onTurn: () => void) {
  return {
    onTurn,
    isCut: false,
    cut() {
      this.isCut = true;
    },
  };
}

test("what comes one by one is done at once, and a lane that rests asks for no turns", () => {
  const { lane, turns, turn } = make(2);
  for (let n = 0; n < 5; n++) {
    expect(lane.tryNow()).toBe(true);
    turn();
  }
  expect(turns).toHaveLength(0);
});

test("a rush is done a little each turn, oldest first, and nobody passes those that wait", () => {
  const { lane, turns, turn } = make(2);
  const done: number[] = [];
  const come = (n: number) => {
    if (lane.tryNow()) done.push(n);
    else lane.add(task(() => done.push(n)));
  };
  for (let n = 0; n < 7; n++) come(n);
  expect(done).toEqual([0, 1]);
  expect(lane.isBusy).toBe(true);
  turn();
  come(7);
  expect(done).toEqual([0, 1, 2, 3]);
  turn();
  turn();
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(lane.isBusy).toBe(false);
  turn();
  expect(turns).toHaveLength(0);
});

test("one that comes back queues behind the others", () => {
  const { lane, turn } = make(1);
  const done: string[] = [];
  const again = (name: string, times: number) =>
    task(() => {
      done.push(name);
      if (times > 1) lane.add(again(name, times - 1));
    });
  lane.add(again("a", 2));
  lane.add(again("b", 2));
  for (let n = 0; n < 4; n++) turn();
  expect(done).toEqual(["a", "b", "a", "b"]);
});

test("one that throws is cut, and the others have their turns", () => {
  const { lane, turn, faults } = make(2);
  const done: number[] = [];
  const broken = task(() => {
    throw new Error("broken");
  });
  lane.add(broken);
  lane.add(task(() => done.push(1)));
  turn();
  expect(faults).toEqual([new Error("broken")]);
  expect(broken.isCut).toBe(true);
  expect(done).toEqual([1]);
});
