import { expect, test } from "vitest";
import { differenceLines } from "../../bin/commands/point-diff.ts";
import { dayLines, expiredLines } from "../../bin/days.ts";
import type { Difference } from "../../lib/model/difference.ts";
import type { Point } from "../../lib/model/point.ts";
import { pointOf } from "../policy/made-policy.ts";

const NEXT = { day: "2026-11-21", startsAt: 0 };
const aged = (parts: readonly string[], expired: Point["expired"] = []): Point =>
  pointOf(0, { classes: parts, expired, rowAges: [{ class: "raw", column: "at", days: [], next: NEXT }] });

test("the days of a class are one line, with how many have left", () => {
  const days = ["raw_2026-11-18", "raw_2026-11-19", "raw_2026-11-20"];
  expect(dayLines(aged(["money", "raw", ...days]))).toEqual(["raw: 3 days, 2026-11-18 to 2026-11-20"]);
  const left = days.map((name, at) => ({ class: name, at }));
  expect(dayLines(aged(["money", "raw", ...days.slice(1)], left.slice(0, 1)))).toEqual([
    "raw: 2 days, 2026-11-19 to 2026-11-20; 1 has left",
  ]);
  expect(dayLines(aged(["raw", ...days.slice(2)], left.slice(0, 2)))).toEqual(["raw: 1 day, 2026-11-20; 2 have left"]);
  expect(dayLines(aged(["raw"], left))).toEqual(["raw: 0 days; 3 have left"]);
  expect(dayLines(pointOf(0))).toEqual([]);
});

test("what has left a point is told by class, its days as one", () => {
  const expired = [
    { class: "money", at: 7 },
    { class: "raw_2026-11-19", at: 5 },
    { class: "raw_2026-11-18", at: 4 },
  ];
  expect(expiredLines(aged([], expired), String)).toEqual([
    "class money, 7",
    "class raw, 2 days from 2026-11-18 to 2026-11-19, 4 to 5",
  ]);
});

test("a comparison names the days that it left out", () => {
  const side = { point: null, database: "shop", takenAt: 0 };
  const difference: Difference = {
    format: 1,
    kind: "difference",
    a: side,
    b: side,
    totals: { tables: 1, tablesDifferent: 0, missing: 0, extra: 0, changed: 0 },
    tables: [],
    leftOut: [
      { class: "money", days: null, because: "why" },
      { class: "raw", days: { first: "2026-11-18", last: "2026-11-18" }, because: "why" },
      { class: "raw", days: { first: "2026-11-18", last: "2026-11-20" }, because: "why" },
      { class: "raw", days: { first: "2026-11-21", last: null }, because: "why" },
    ],
  };
  expect(differenceLines(difference).slice(1, -1)).toEqual([
    "class money was not compared: why",
    "rows of class raw of 2026-11-18 were not compared: why",
    "rows of class raw of 2026-11-18 to 2026-11-20 were not compared: why",
    "rows of class raw from 2026-11-21 on, and those without a date, were not compared: why",
  ]);
});
