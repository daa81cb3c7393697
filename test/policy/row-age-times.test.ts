import { expect, test } from "vitest";
import type { RowAge } from "../../lib/model/row-age.ts";
import { duePartsOf } from "../../lib/policy/due-parts.ts";
import { rowAgesAt } from "../../lib/policy/row-ages.ts";
import { DAY_MS, dataClass, HOUR_MS, pointOf, policyOf, term } from "./made-policy.ts";

const POLICY = policyOf([dataClass("raw", "P20D", { rowAge: { column: "at", max: term("P3D") } })]);
const CAPTURED_AT = Date.UTC(2026, 10, 20, 10);

const captured = (classes: readonly string[]) => {
  const rowAges = [...rowAgesAt(POLICY, CAPTURED_AT)].map(([name, age]: [string, RowAge]) => ({ class: name, ...age }));
  return pointOf(CAPTURED_AT, { classes, rowAges });
};

const verdictOf = (policy: typeof POLICY, point: ReturnType<typeof pointOf>, now = CAPTURED_AT) =>
  duePartsOf(policy, [point], now).parts.map((part) => [part.class, part.deadline, part.verdict, part.because]);

test("a day's rows go by the beginning of their day, whatever the class's own term and the window say", () => {
  expect(verdictOf(POLICY, captured(["raw_2026-11-19"]))).toEqual([
    ["raw_2026-11-19", Date.UTC(2026, 10, 22), "kept", "rows of class raw are kept for P3D from their day, 2026-11-19"],
  ]);
});

test("rows of no day yet go when rows of the first day to come have to: they may be of it", () => {
  const tomorrow = Date.UTC(2026, 10, 21);
  expect(verdictOf(POLICY, captured(["raw"]))).toEqual([
    ["raw", tomorrow + 3 * DAY_MS, "kept", "rows of class raw are kept for P3D from the day after their capture"],
  ]);
});

test("a part that was captured before the rule is held to the same: no row of it is younger than its capture", () => {
  expect(verdictOf(POLICY, pointOf(CAPTURED_AT, { classes: ["raw"] }))).toEqual([
    ["raw", Date.UTC(2026, 10, 24), "kept", "rows of class raw are kept for P3D from the day after their capture"],
  ]);
});

test("the class's own term ends first where it is the shorter one", () => {
  const short = policyOf([dataClass("raw", "P1D", { rowAge: { column: "at", max: term("P3D") } })]);
  expect(verdictOf(short, captured(["raw", "raw_2026-11-20"]))).toEqual([
    ["raw", CAPTURED_AT + DAY_MS, "kept", "class raw is kept for P1D"],
    ["raw_2026-11-20", CAPTURED_AT + DAY_MS, "kept", "class raw is kept for P1D"],
  ]);
});

test("days are those of the time zone that they were divided by, also when the policy has another one since", () => {
  const elsewhere = { ...POLICY, timeZone: "Asia/Tokyo" };
  expect(verdictOf(elsewhere, captured(["raw_2026-11-19"]))[0]?.[1]).toBe(Date.UTC(2026, 10, 22));
  expect(verdictOf(elsewhere, captured(["raw"]))[0]?.[1]).toBe(Date.UTC(2026, 10, 24));
});

test("a day is due half a day before its deadline, and not one millisecond sooner", () => {
  const dueAt = Date.UTC(2026, 10, 22) - 12 * HOUR_MS;
  const verdictAt = (now: number) => verdictOf(POLICY, captured(["raw_2026-11-19"]), now)[0]?.[2];
  expect([dueAt - 1, dueAt, Date.UTC(2026, 10, 22) - 1, Date.UTC(2026, 10, 22)].map(verdictAt)).toEqual([
    "kept",
    "due",
    "due",
    "overdue",
  ]);
});

test("a part that was captured before the rule is told, once; one that was divided is not", () => {
  const noticesOf = (point: ReturnType<typeof pointOf>) => duePartsOf(POLICY, [point], CAPTURED_AT).notices;
  expect(noticesOf(pointOf(CAPTURED_AT, { id: "p", classes: ["raw"] }))).toEqual([
    {
      point: "p",
      database: "shop",
      class: "raw",
      message:
        "class raw was captured before its rows left by their age, so that nobody can tell them apart: all of them go with those of the day after the capture",
    },
  ]);
  expect(noticesOf(captured(["raw", "raw_2026-11-19"]))).toEqual([]);
});

test("a day that its point does not speak of is held to what is not told apart", () => {
  const point = pointOf(CAPTURED_AT, { classes: ["raw_2026-11-19"] });
  expect(verdictOf(POLICY, point)[0]?.[1]).toBe(Date.UTC(2026, 10, 24));
});

test("days of another column than the policy's are told, once for a point, and go as they were divided", () => {
  const other = policyOf([dataClass("raw", "P20D", { rowAge: { column: "seen_on", max: term("P3D") } })]);
  const point = captured(["raw", "raw_2026-11-19"]);
  expect(duePartsOf(other, [point], CAPTURED_AT).notices.map(({ class: name, message }) => [name, message])).toEqual([
    [
      "raw",
      "class raw was captured when its rows left by at, so that nobody can tell them apart by seen_on: they go by the days of at",
    ],
  ]);
  expect(verdictOf(other, point)).toEqual(verdictOf(POLICY, point));
});

test("a point that was divided for another class alone was captured before the rule too", () => {
  const [raw] = captured([]).rowAges ?? [];
  if (raw === undefined) throw new TypeError("nothing was divided");
  const point = pointOf(CAPTURED_AT, { classes: ["raw"], rowAges: [{ ...raw, class: "clicks" }] });
  expect(duePartsOf(POLICY, [point], CAPTURED_AT).notices).toHaveLength(1);
});

test("a day's rows are held to the class alone once its rows no longer leave by their age, and nothing is told", () => {
  const without = policyOf([dataClass("raw", "P20D")]);
  const point = captured(["raw", "raw_2026-11-19"]);
  const expected = [CAPTURED_AT + 20 * DAY_MS, "kept", "class raw is kept for P20D"];
  expect(verdictOf(without, point)).toEqual([
    ["raw", ...expected],
    ["raw_2026-11-19", ...expected],
  ]);
  expect(duePartsOf(without, [point], CAPTURED_AT).notices).toEqual([]);
});

test("under another name of the class, which nobody knows to be the same, a day's rows go on their day all the same", () => {
  const renamed = policyOf([
    dataClass("books", "P4D"),
    dataClass("clicks", "P20D", { rowAge: { column: "at", max: term("P3D") } }),
  ]);
  const point = captured(["raw_2026-11-19"]);
  expect(verdictOf(renamed, point)).toEqual([
    [
      "raw_2026-11-19",
      Date.UTC(2026, 10, 22),
      "kept",
      "rows of class clicks are kept for P3D from their day, 2026-11-19",
    ],
  ]);
  expect(duePartsOf(renamed, [point], CAPTURED_AT).notices.map(({ message }) => message)).toEqual([
    "class raw is not in the policy: held to the class that ends first, clicks",
  ]);
});

test("what nobody speaks for is held to the age of rows too: it may hold any", () => {
  const policy = policyOf([dataClass("books", "P9D"), ...POLICY.classes]);
  expect(verdictOf(policy, pointOf(CAPTURED_AT, { classes: ["default"] }))).toEqual([
    ["default", Date.UTC(2026, 10, 24), "kept", "rows of class raw are kept for P3D from the day after their capture"],
  ]);
});

test("where a term and an age end together the term is named", () => {
  const policy = policyOf([dataClass("raw", "P2D", { rowAge: { column: "at", max: term("P2D") } })]);
  const midnight = Date.UTC(2026, 10, 20);
  const rowAges = [...rowAgesAt(policy, midnight)].map(([name, age]) => ({ class: name, ...age }));
  const point = pointOf(midnight, { classes: ["raw_2026-11-20"], rowAges });
  expect(verdictOf(policy, point, midnight)).toEqual([
    ["raw_2026-11-20", midnight + 2 * DAY_MS, "kept", "class raw is kept for P2D"],
  ]);
});
