import fc from "fast-check";
import { expect, test } from "vitest";
import type { DataClass } from "../../lib/model/policy.ts";
import { archiveTimes } from "../../lib/policy/archive-times.ts";
import { goneBy } from "../../lib/policy/deadlines.ts";
import { keptUntil } from "../../lib/policy/minimum.ts";
import { DAY_MS, dataClass, HOUR_MS, instants, policyOf, term, zones } from "./made-policy.ts";

const START = Date.UTC(2027, 0, 10, 2);
const timesOf = (one: DataClass, schedule: "daily" | "weekly" | "monthly" | "yearly", timeZone = "UTC") =>
  archiveTimes(policyOf([one], { timeZone }), one, schedule, { startedAt: START, finishedAt: START + HOUR_MS });
const days = (count: number) => START + count * DAY_MS;

test("the schedule's term ends an archive where the class allows more, and the class's maximum where it does not", () => {
  const one = dataClass("money", "P90D", { archive: { daily: term("P30D"), monthly: term("P1Y") } });
  expect(timesOf(one, "daily")).toEqual({
    lock: "none",
    retainUntil: START,
    deleteAt: days(30) - 12 * HOUR_MS,
    deadline: days(30),
  });
  expect(timesOf(one, "monthly").deadline).toBe(days(90));
});

test("a lock lasts for its term from the start of the capture", () => {
  const one = dataClass("money", "P90D", {
    archive: { daily: term("P30D") },
    lock: { mode: "governance", term: term("P13D") },
  });
  expect(timesOf(one, "daily")).toMatchObject({ lock: "governance", retainUntil: days(13) });
});

test("a lock ends an hour before deletion, whatever it was to last", () => {
  const one = dataClass("money", "P90D", {
    archive: { daily: term("P30D") },
    lock: { mode: "compliance", term: term("P60D") },
  });
  expect(timesOf(one, "daily")).toMatchObject({ lock: "compliance", retainUntil: days(30) - 13 * HOUR_MS });
});

test("where a minimum is met, the lock lasts until the minimum's end", () => {
  const one = dataClass("money", "P12Y", {
    min: { term: term("P10Y"), from: "end of year" },
    archive: { daily: term("P30D"), yearly: term("P12Y") },
    lock: { mode: "compliance", term: term("P10D") },
  });
  const keepUntil = Date.UTC(2038, 0, 1);
  expect(timesOf(one, "yearly")).toMatchObject({ keepUntil, retainUntil: keepUntil });
  expect(timesOf(one, "daily")).toMatchObject({ retainUntil: days(10) });
  expect(timesOf(one, "daily")).not.toHaveProperty("keepUntil");
});

test("a shorter schedule that keeps long enough meets the minimum too, up to an hour before deletion", () => {
  const keeps = (weekly: string) =>
    timesOf(
      dataClass("money", "P12Y", {
        min: { term: term("P10D"), from: "capture" },
        archive: { weekly: term(weekly), yearly: term("P12Y") },
      }),
      "weekly",
    ).keepUntil;
  // Wanted until the end of the tenth day after; deleted half a day before the deadline.
  expect(keeps("P12D")).toBe(Date.UTC(2027, 0, 21));
  expect(keeps("P11D")).toBeUndefined();
});

test("one that ends when the lock must end is met", () => {
  const one = dataClass("money", "P12Y", {
    min: { term: term("P11D"), from: "capture" },
    archive: { weekly: term("P12D"), yearly: term("P12Y") },
  });
  const keptOf = (startedAt: number) =>
    archiveTimes(policyOf([one]), one, "weekly", { startedAt, finishedAt: startedAt }).keepUntil;
  const begins = Date.UTC(2027, 0, 10, 13);
  expect(keptOf(begins)).toBe(Date.UTC(2027, 0, 22));
  expect(keptOf(begins - 1)).toBeUndefined();
});

test("a minimum longer than the maximum does not lengthen anything, and is told by the longest schedule", () => {
  const one = dataClass("money", "P90D", {
    min: { term: term("P1Y"), from: "capture" },
    archive: { monthly: term("P60D"), yearly: term("P90D") },
    lock: { mode: "compliance", term: term("P1D") },
  });
  const { keepUntil, retainUntil, deleteAt, deadline } = timesOf(one, "yearly");
  expect([keepUntil, retainUntil, deleteAt, deadline]).toEqual([
    Date.UTC(2028, 0, 11),
    deleteAt - HOUR_MS,
    days(90) - 12 * HOUR_MS,
    days(90),
  ]);
  expect(timesOf(one, "monthly")).not.toHaveProperty("keepUntil");
});

test("fails for a schedule that the class does not have", () => {
  expect(() => timesOf(dataClass("money", "P90D", { archive: { daily: term("P30D") } }), "yearly")).toThrow(
    "class money has no yearly archive",
  );
  expect(() => timesOf(dataClass("money", "P90D"), "yearly")).toThrow("class money has no yearly archive");
});

const terms = (...texts: readonly string[]) => fc.constantFrom(...texts).map(term);

test("whatever the policy, the zone and the day: the lock ends before deletion, deletion lies before every deadline", () => {
  fc.assert(
    fc.property(
      fc.record({
        max: terms("P2D", "P14D", "P1M", "P28D", "P1Y", "P10Y", "P12Y"),
        keep: terms("P2D", "P8D", "P13M", "P31D", "P11Y"),
        min: fc.option(
          fc.record({ term: terms("P1D", "P1M", "P6M", "P10Y"), from: fc.constantFrom("capture", "end of year") }),
          { nil: undefined },
        ),
        lock: fc.option(
          fc.record({ mode: fc.constantFrom("governance", "compliance"), term: terms("PT1H", "P13D", "P1Y", "P100Y") }),
          { nil: undefined },
        ),
      }),
      instants,
      fc.integer({ min: 0, max: 12 * HOUR_MS }),
      zones,
      ({ max, keep, min, lock }, startedAt, tookMs, timeZone) => {
        const one = { ...dataClass("money", "P1D"), max, min, lock, archive: { daily: keep } };
        const finishedAt = startedAt + tookMs;
        const times = archiveTimes(policyOf([one], { timeZone }), one, "daily", { startedAt, finishedAt });
        const { retainUntil, deleteAt, deadline, keepUntil } = times;
        expect(deadline).toBe(Math.min(goneBy(max, startedAt, timeZone), goneBy(keep, startedAt, timeZone)));
        expect(retainUntil).toBeGreaterThanOrEqual(startedAt);
        expect(retainUntil).toBeLessThanOrEqual(deleteAt - HOUR_MS);
        expect(deleteAt).toBeLessThanOrEqual(deadline - 2 * HOUR_MS);
        expect(times.lock === "none").toBe(lock === undefined);
        if (min === undefined) expect(keepUntil).toBeUndefined();
        else expect(keepUntil).toBe(keptUntil(min, finishedAt, timeZone));
        // Nothing that can be met is cut short by a lock that ends too soon.
        if (lock !== undefined && keepUntil !== undefined && keepUntil <= deleteAt - HOUR_MS)
          expect(retainUntil).toBeGreaterThanOrEqual(keepUntil);
      },
    ),
    { numRuns: 500 },
  );
});
