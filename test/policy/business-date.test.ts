import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addDays,
  businessDateOf,
  daysBetween,
  endOfDay,
  instantOf,
  startOfDay,
} from "../../lib/policy/business-date.ts";

const ZONE = "Europe/Copenhagen";
const HOUR_MS = 3_600_000;

test.each([
  ["the last millisecond of a day", "2026-11-21T22:59:59.999Z", "2026-11-21"],
  ["the first of the next", "2026-11-21T23:00:00.000Z", "2026-11-22"],
  ["half past two in the night in which it comes twice", "2027-10-31T01:30:00Z", "2027-10-31"],
  ["the last day of February in a leap year", "2028-02-29T12:00:00Z", "2028-02-29"],
])("%s is of its local day", (_, at, day) => {
  expect(businessDateOf(Date.parse(at), ZONE)).toBe(day);
});

test.each([
  ["an ordinary time", "2026-11-21", "04:00", "2026-11-21T03:00:00.000Z"],
  ["one that is skipped: the earlier instant", "2027-03-28", "02:30", "2027-03-28T00:30:00.000Z"],
  ["one that comes twice: the first", "2027-10-31", "02:30", "2027-10-31T00:30:00.000Z"],
])("%s", (_, day, time, expected) => {
  expect(new Date(instantOf(day, time, ZONE)).toISOString()).toBe(expected);
});

test("a day has 23, 24 or 25 hours", () => {
  const hours = (day: string) => (endOfDay(day, ZONE) - startOfDay(day, ZONE)) / HOUR_MS;
  expect([hours("2027-03-28"), hours("2027-10-31"), hours("2027-06-01")]).toEqual([23, 25, 24]);
});

test("a day that begins at one o'clock, because midnight is skipped, begins then", () => {
  expect(new Date(startOfDay("2018-11-04", "America/Sao_Paulo")).toISOString()).toBe("2018-11-04T03:00:00.000Z");
});

test("days are counted over leap days, years and backwards", () => {
  expect(addDays("2028-02-28", 2)).toBe("2028-03-01");
  expect(addDays("2028-01-01", -1)).toBe("2027-12-31");
  expect(daysBetween("2028-02-28", "2028-03-01")).toBe(2);
  expect(daysBetween("2029-03-01", "2028-03-01")).toBe(-365);
});

test("every instant lies in its own day, and days follow each other without a gap", () => {
  const instants = fc.integer({ min: Date.UTC(2012, 0, 1), max: Date.UTC(2040, 0, 1) });
  const zones = fc.constantFrom("UTC", ZONE, "America/St_Johns", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Beirut");
  fc.assert(
    fc.property(instants, zones, (at, zone) => {
      const day = businessDateOf(at, zone);
      expect(at).toBeGreaterThanOrEqual(startOfDay(day, zone));
      expect(at).toBeLessThan(endOfDay(day, zone));
      expect(endOfDay(day, zone)).toBe(startOfDay(addDays(day, 1), zone));
      expect(businessDateOf(endOfDay(day, zone) - 1, zone)).toBe(day);
      expect(daysBetween(day, addDays(day, 400))).toBe(400);
    }),
  );
});
