import fc from "fast-check";
import { expect, test } from "vitest";
import { type Pieces, piecesOf } from "./pieces.ts";

const at = (text: string) => new Date(text);
const words = (pieces: Pieces) =>
  (["month", "day", "hour"] as const).flatMap((unit) =>
    pieces[unit].map(
      ({ from, to }) => `${unit} ${from.toISOString().slice(0, 13)} ${to.toISOString().slice(0, 13)}`,
    ),
  );

test("a billing period that starts inside a day reads hours at its ends and days between", () => {
  expect(words(piecesOf([at("2026-11-05T10:00:00Z"), at("2026-12-05T10:00:00Z")]))).toEqual([
    "day 2026-11-06T00 2026-12-05T00",
    "hour 2026-11-05T10 2026-11-06T00",
    "hour 2026-12-05T00 2026-12-05T10",
  ]);
});

test("a year reads whole months, and days where it begins and ends", () => {
  expect(words(piecesOf([at("2025-11-21T00:00:00Z"), at("2026-11-21T00:00:00Z")]))).toEqual([
    "month 2025-12-01T00 2026-11-01T00",
    "day 2025-11-21T00 2025-12-01T00",
    "day 2026-11-01T00 2026-11-21T00",
  ]);
});

test("days of another zone are made of hours; neighbours are one read", () => {
  const edges = ["2026-10-23T22", "2026-10-24T22", "2026-10-25T23"].map((text) => at(`${text}:00:00Z`));
  expect(words(piecesOf(edges))).toEqual(["hour 2026-10-23T22 2026-10-25T23"]);
});

test("whatever the edges, every hour between them is read exactly once, and no longer unit spans an edge", () => {
  const hour = 3_600_000;
  const first = Date.UTC(2024, 0, 1) / hour;
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(24 * 800), { minLength: 2, maxLength: 12 }), (offsets) => {
      const edges = offsets.sort((a, b) => a - b).map((offset) => new Date((first + offset) * hour));
      const pieces = piecesOf(edges);
      const all = [...pieces.month, ...pieces.day, ...pieces.hour].sort(
        (a, b) => a.from.getTime() - b.from.getTime(),
      );
      expect(all[0]!.from).toEqual(edges[0]);
      expect(all.at(-1)!.to).toEqual(edges.at(-1));
      for (let i = 1; i < all.length; i++) expect(all[i]!.from).toEqual(all[i - 1]!.to);
      for (const edge of edges) {
        const inside = (range: { from: Date; to: Date }) => range.from < edge && edge < range.to;
        if (edge.getTime() % (24 * hour) !== 0)
          expect([...pieces.month, ...pieces.day].some(inside)).toBe(false);
        if (edge.getUTCDate() !== 1) expect(pieces.month.some(inside)).toBe(false);
      }
    }),
  );
});
