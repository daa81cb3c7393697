import { expect, test } from "vitest";
import { commonDays, type SideDays } from "../../../lib/engine/diff/common-days.ts";

const DAY_MS = 86_400_000;
const dayOf = (number: number, shiftMs = 0) => {
  const startsAt = Date.UTC(2026, 10, number);
  return { day: new Date(startsAt).toISOString().slice(0, 10), startsAt: startsAt + shiftMs };
};

/** A side with November's days from one to before the next. */
const side = (name: string, first: number, next: number, gone: readonly number[] = [], shiftMs = 0): SideDays => ({
  side: name,
  age: {
    column: "at",
    days: Array.from({ length: next - first }, (_, i) => dayOf(first + i, shiftMs)),
    next: dayOf(next, shiftMs),
  },
  gone: new Set(gone.map((number) => dayOf(number).day)),
});
const whole = (name: string): SideDays => ({ side: name, age: undefined, gone: new Set() });

const found = (a: SideDays, b: SideDays) => {
  const days = commonDays(a, b);
  if (typeof days === "string") return days;
  const isIn = (number: number): boolean => days.has(dayOf(number).day);
  return {
    days: Array.from({ length: 30 }, (_, i) => i + 1).filter(isIn),
    ofNoDay: days.has(undefined),
    any: days.any,
    leftOut: days.leftOut.map((part) => [part.days?.first.slice(-2), part.days?.last?.slice(-2), part.because]),
  };
};

test("days before either side's first are left out, and rows of no day yet are compared with all later days", () => {
  const late = "they had left by their age when b was taken";
  const expected = {
    days: [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30],
    ofNoDay: true,
    any: true,
    leftOut: [["07", "09", late]],
  };
  expect(found(side("a", 7, 21), side("b", 10, 24))).toEqual(expected);
  expect(found(side("b", 10, 24), side("a", 7, 21))).toEqual(expected);
  expect(found(side("a", 7, 21), side("b", 7, 21))).toMatchObject({ leftOut: [], any: true });
});

test("days that have expired on either side are left out, those that follow each other for one reason together", () => {
  expect(found(side("a", 7, 21, [7, 10, 11, 13]), side("b", 9, 23, [9, 12]))).toMatchObject({
    days: [14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30],
    leftOut: [
      ["07", "08", "they had left by their age when b was taken"],
      ["09", "09", "they have left b"],
      ["10", "11", "they have left a"],
      ["12", "12", "they have left b"],
      ["13", "13", "they have left a"],
    ],
  });
});

test("rows that had no day yet are left out with all later days when one of those has left the other side", () => {
  expect(found(side("a", 7, 21), side("b", 10, 24, [22]))).toMatchObject({
    days: [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
    ofNoDay: false,
    leftOut: [
      ["07", "09", "they had left by their age when b was taken"],
      ["21", undefined, "some of them have left b"],
    ],
  });
});

test("sides that are further apart than the rows' age have nothing in common", () => {
  expect(found(side("a", 1, 4), side("b", 4, 7))).toMatchObject({ days: Array.from({ length: 27 }, (_, i) => i + 4) });
  expect(found(side("a", 1, 4), side("b", 5, 8))).toEqual({
    days: [],
    ofNoDay: false,
    any: false,
    leftOut: [
      ["01", "03", "they had left by their age when b was taken"],
      ["04", undefined, "some of them had left by their age when b was taken"],
    ],
  });
});

test("tables that are whole on both sides are compared whole, and those divided in two ways not at all", () => {
  expect(found(whole("a"), whole("b"))).toMatchObject({ ofNoDay: true, any: true, leftOut: [] });
  expect(found(whole("a"), side("b", 1, 4))).toBe("its rows are divided by age on one side only");
  expect(found(side("a", 1, 4), whole("b"))).toBe("its rows are divided by age on one side only");
  const otherwise = "its rows are divided by age in another way";
  expect(found(side("a", 1, 4), side("b", 2, 5, [], DAY_MS / 24))).toBe(otherwise);
  const { age, ...rest } = side("b", 1, 4);
  expect(found(side("a", 1, 4), { ...rest, age: age && { ...age, column: "due" } })).toBe(otherwise);
});
