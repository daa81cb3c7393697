import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BusinessDay } from "../../lib/model/row-age.ts";
import { addDays, businessDateOf, endOfDay, startOfDay } from "../../lib/policy/business-date.ts";
import { dayTimes, elapsedEnd, goneBy, WORKER_EVERY_MS } from "../../lib/policy/deadlines.ts";
import { duePartsOf } from "../../lib/policy/due-parts.ts";
import { rowAgesAt } from "../../lib/policy/row-ages.ts";
import { DAY_MS, dataClass, instants, pointOf, policyOf, term, zones } from "./made-policy.ts";

const aged = (max: string, timeZone: string) =>
  policyOf([dataClass("raw", "P1Y", { rowAge: { column: "at", max: term(max) } })], {
    timeZone,
    hot: { every: term("P1D"), window: term("P1Y") },
  });
const dividedAt = (max: string, at: number, timeZone = "Europe/Copenhagen") => {
  const age = rowAgesAt(aged(max, timeZone), at).get("raw");
  if (age === undefined) throw new TypeError("nothing was divided");
  return age;
};
const daysAt = (max: string, at: number): readonly string[] => {
  const { days, next } = dividedAt(max, at);
  return [...days, next].map(({ day }) => day);
};

/** Every age that a policy may give its rows, whose ends the calendar or the clock decides. */
const ages = fc.constantFrom("P2D", "PT50H", "P3D", "P14D", "P4W", "P1M", "P2M", "P3M", "P92D");

describe("a capture takes the rows of a day until half a day before they have to go, to the millisecond", () => {
  test.each([
    ["P3D", "2026-11-18", "2026-11-19", "2026-11-20T11:00Z"],
    // In it clocks go forward: an hour is missing, and a sixth of three days is less than half a day.
    ["P3D", "2027-03-28", "2027-03-29", "2027-03-30T10:10Z"],
    ["P1M", "2027-02-01", "2027-02-02", "2027-02-28T11:00Z"],
    ["P1M", "2028-02-01", "2028-02-02", "2028-02-29T11:00Z"],
  ])("%s: those of %s, and %s is the first day from %s on", (max, day, next, dueAt) => {
    expect(daysAt(max, Date.parse(dueAt) - 1)[0]).toBe(day);
    expect(daysAt(max, Date.parse(dueAt))[0]).toBe(next);
  });
});

test("days are those of the business: at eleven in the evening in UTC it is the next one in Copenhagen", () => {
  expect(daysAt("P2D", Date.parse("2026-11-20T23:00Z") - 1)).toEqual(["2026-11-20", "2026-11-21"]);
  expect(daysAt("P2D", Date.parse("2026-11-20T23:00Z"))).toEqual(["2026-11-20", "2026-11-21", "2026-11-22"]);
});

test("a day that begins at one o'clock, because midnight is skipped, is captured from then", () => {
  const { days, next } = dividedAt("P2D", Date.parse("2027-04-29T21:30Z"), "Africa/Cairo");
  expect(days.at(-1)).toEqual({ day: "2027-04-29", startsAt: Date.parse("2027-04-28T22:00Z") });
  expect(next).toEqual({ day: "2027-04-30", startsAt: Date.parse("2027-04-29T22:00Z") });
});

test("only classes whose rows leave by their age are divided, each by its own", () => {
  const rowAge = (column: string, max: string) => ({ rowAge: { column, max: term(max) } });
  const classes = [
    dataClass("a", "P9D", rowAge("at", "P2D")),
    dataClass("b", "P9D"),
    dataClass("c", "P9D", rowAge("on", "P4D")),
  ];
  const found = rowAgesAt(policyOf(classes), Date.UTC(2026, 10, 20, 23));
  expect([...found].map(([name, { column, days }]) => [name, column, days.length])).toEqual([
    ["a", "at", 1],
    ["c", "on", 3],
  ]);
});

test("whenever and wherever: days follow each other to today, none is due, and the day before the first one is", () => {
  fc.assert(
    fc.property(ages, instants, zones, (max, at, timeZone) => {
      const { days, next } = dividedAt(max, at, timeZone);
      const all = [...days, next];
      const [first] = days as readonly [BusinessDay];
      expect(all.map(({ day }) => day)).toEqual(all.map((_, i) => addDays(first.day, i)));
      expect(all.map(({ startsAt }) => startsAt)).toEqual(all.map(({ day }) => startOfDay(day, timeZone)));
      expect(days.at(-1)?.day).toBe(businessDateOf(at, timeZone));
      const deleteAt = (startsAt: number) =>
        dayTimes(term(max), startsAt, { timeZone, workerEveryMs: WORKER_EVERY_MS }).deleteAt;
      expect(days.every(({ startsAt }) => deleteAt(startsAt) > at)).toBe(true);
      expect(deleteAt(startOfDay(addDays(first.day, -1), timeZone))).toBeLessThanOrEqual(at);
      expect(days.length).toBeLessThanOrEqual(93);
    }),
    { numRuns: 150 },
  );
});

test("whenever and wherever: of a point that was just taken nothing is due, and all of it is gone by the last deadline", () => {
  fc.assert(
    fc.property(ages, instants, zones, (max, at, timeZone) => {
      const policy = aged(max, timeZone);
      const rowAge = dividedAt(max, at, timeZone);
      const classes = ["raw", ...rowAge.days.map(({ day }) => `raw_${day}`)];
      const point = pointOf(at, { classes, rowAges: [{ class: "raw", ...rowAge }] });
      const verdictsAt = (now: number) => duePartsOf(policy, [point], now).parts.map((part) => part.verdict);
      expect(new Set(verdictsAt(at))).toEqual(new Set(["kept"]));
      expect(new Set(verdictsAt(goneBy(term(max), rowAge.next.startsAt, timeZone)))).toEqual(new Set(["overdue"]));
      // The rows of no day yet are not there for less than those of any day.
      const { parts } = duePartsOf(policy, [point], at);
      expect(parts.find((part) => part.class === "raw")?.deadline).toBe(parts.at(-1)?.deadline);
    }),
    { numRuns: 60 },
  );
});

test("a day's rows are due at the same instant in whichever points they are", () => {
  fc.assert(
    fc.property(ages, instants, zones, fc.array(fc.nat(40 * 24), { maxLength: 6 }), (max, at, timeZone, hours) => {
      const policy = aged(max, timeZone);
      const points = [0, ...hours].map((later) => {
        const startedAt = at + (later * DAY_MS) / 24;
        const rowAge = dividedAt(max, startedAt, timeZone);
        const classes = rowAge.days.map(({ day }) => `raw_${day}`);
        return pointOf(startedAt, { classes, rowAges: [{ class: "raw", ...rowAge }] });
      });
      const dueAt = new Map<string, number>();
      for (const part of duePartsOf(policy, points, at).parts) {
        expect(part.deleteAt).toBe(dueAt.get(part.class) ?? part.deleteAt);
        dueAt.set(part.class, part.deleteAt);
      }
    }),
    { numRuns: 30 },
  );
});

/** Where midnight is skipped or comes twice, or the day before was none at all. */
const oddDays = fc.constantFrom(
  ["America/Sao_Paulo", "2018-11-04"],
  ["America/Sao_Paulo", "2018-02-17"],
  ["America/Havana", "2026-03-08"],
  ["America/Havana", "2026-11-01"],
  ["Asia/Beirut", "2026-03-29"],
  ["Asia/Beirut", "2026-10-24"],
  ["Pacific/Apia", "2011-12-31"],
  ["Europe/Copenhagen", "2027-10-31"],
  ["Africa/Cairo", "2027-04-30"],
);
const anyDay = fc.tuple(zones, instants).map(([zone, at]) => [zone, businessDateOf(at, zone)]);

test("no row of a day is there longer than its age, by elapsed time and by the calendar, whenever in the day it began", () => {
  fc.assert(
    fc.property(
      ages,
      fc.oneof(oddDays, anyDay),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (max, [timeZone, day], part) => {
        const [from, to] = [startOfDay(day, timeZone), endOfDay(day, timeZone)];
        const at = Math.min(to - 1, from + Math.floor((to - from) * part));
        const { deleteAt, deadline } = dayTimes(term(max), from, { timeZone, workerEveryMs: WORKER_EVERY_MS });
        expect(deadline).toBeLessThanOrEqual(elapsedEnd(term(max), at) ?? Infinity);
        expect(deadline).toBeLessThanOrEqual(goneBy(term(max), at, timeZone));
        expect(deleteAt).toBeLessThanOrEqual(deadline - 2 * WORKER_EVERY_MS);
        // And yet it is there when its day is over: a point of the next morning shows it.
        expect(deleteAt).toBeGreaterThan(to);
      },
    ),
    { numRuns: 2000 },
  );
});
