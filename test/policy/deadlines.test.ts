import fc from "fast-check";
import { expect, test } from "vitest";
import { HOUR_MS } from "../../lib/model/units.ts";
import { startOfDay } from "../../lib/policy/business-date.ts";
import { dayTimes, goneBy, partTimes } from "../../lib/policy/deadlines.ts";
import { readTerm } from "../../lib/policy/term.ts";

const ZONE = "Europe/Copenhagen";
const term = (text: string) => {
  const read = readTerm(text);
  if (read === undefined) throw new TypeError(`${text} is no term`);
  return read;
};
const gone = (text: string, anchor: string, zone = ZONE): string =>
  new Date(goneBy(term(text), Date.parse(anchor), zone)).toISOString();

test.each([
  [
    "14 days over the start of summer time are an hour short of 336 hours",
    "P14D",
    "2027-03-20T02:00Z",
    "2027-04-03T01:00:00.000Z",
  ],
  [
    "14 days over its end are 336 hours, not the later calendar reading",
    "P14D",
    "2027-10-24T01:00Z",
    "2027-11-07T01:00:00.000Z",
  ],
  ["hours never follow the clocks", "PT24H", "2027-03-27T12:00Z", "2027-03-28T12:00:00.000Z"],
  ["four weeks are 28 days", "P4W", "2027-06-01T00:00Z", "2027-06-29T00:00:00.000Z"],
  ["a month after 31 January is the last of February", "P1M", "2027-01-31T12:00Z", "2027-02-28T12:00:00.000Z"],
  [
    "two months after it are reckoned from it, not from February",
    "P2M",
    "2027-01-31T12:00Z",
    "2027-03-31T11:00:00.000Z",
  ],
  ["a year after 29 February is 28 February", "P1Y", "2028-02-29T12:00Z", "2029-02-28T12:00:00.000Z"],
  ["ten years after it too", "P10Y", "2028-02-29T12:00Z", "2038-02-28T12:00:00.000Z"],
  ["a local time that is skipped means the earlier instant", "P1M", "2027-02-28T01:30Z", "2027-03-28T00:30:00.000Z"],
  ["a local time that comes twice means the first", "P2M", "2027-08-31T00:30Z", "2027-10-31T00:30:00.000Z"],
])("%s", (_, length, anchor, expected) => {
  expect(gone(length, anchor)).toBe(expected);
});

test("in UTC a day has 24 hours all year", () => {
  expect(gone("P14D", "2027-03-20T02:00Z", "UTC")).toBe("2027-04-03T02:00:00.000Z");
});

const anchors = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2040, 0, 1) });
const zones = fc.constantFrom(
  "UTC",
  ZONE,
  "America/St_Johns",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Africa/Casablanca",
);
const terms = fc.constantFrom("PT1H", "PT20H", "P1D", "P14D", "P28D", "P4W", "P1M", "P6M", "P10Y").map(term);

test("nothing may be there longer than the elapsed term, whatever the zone does", () => {
  fc.assert(
    fc.property(terms, anchors, zones, (length, anchor, zone) => {
      const end = goneBy(length, anchor, zone);
      expect(end).toBeGreaterThan(anchor);
      const dayCount = { hours: 1 / 24, days: 1, weeks: 7, months: 31, years: 366 }[length.unit];
      expect(end - anchor).toBeLessThanOrEqual(length.count * dayCount * 24 * HOUR_MS + HOUR_MS);
      if (["hours", "days", "weeks"].includes(length.unit))
        expect(end - anchor).toBeLessThanOrEqual(length.count * dayCount * 24 * HOUR_MS);
    }),
  );
});

test("a later capture never has to be gone earlier", () => {
  fc.assert(
    fc.property(terms, anchors, fc.integer({ min: 0, max: 400 * 24 }), zones, (length, anchor, hours, zone) => {
      // But for the hours around a change of clocks, in which local times repeat.
      const later = anchor + hours * HOUR_MS;
      expect(goneBy(length, later, zone)).toBeGreaterThanOrEqual(goneBy(length, anchor, zone) - 24 * HOUR_MS);
    }),
  );
});

test("the margin is a share of the term, whenever it began", () => {
  const startedAt = Date.UTC(2027, 5, 1);
  const lengths = { max: term("P1D"), window: term("P28D") };
  const { deleteAt, deadline } = partTimes(lengths, startedAt, { timeZone: "UTC", workerEveryMs: HOUR_MS });
  expect([deleteAt, deadline]).toEqual([startedAt + 20 * HOUR_MS, startedAt + 24 * HOUR_MS]);
});

const times = (max: string, window: string, workerEveryMs = HOUR_MS) =>
  partTimes({ max: term(max), window: term(window) }, 0, { timeZone: "UTC", workerEveryMs });

test.each([
  ["the class's maximum goes before the window", "P14D", "P28D", 14 * 24],
  ["the window ends it where the class allows more", "P10Y", "P28D", 28 * 24],
])("%s", (_, max, window, hours) => {
  expect(times(max, window).deadline).toBe(hours * HOUR_MS);
});

test.each([
  ["half a day before a deadline of weeks", "P14D", HOUR_MS, 12 * HOUR_MS],
  ["a sixth of the term before a deadline of a day", "P1D", HOUR_MS, 4 * HOUR_MS],
  ["two rounds of the worker at least", "P1D", 3 * HOUR_MS, 6 * HOUR_MS],
])("it is deleted %s", (_, max, every, before) => {
  const { deleteAt, deadline } = times(max, "P28D", every);
  expect(deadline - deleteAt).toBe(before);
});

test.each([
  ["an ordinary day", "P14D", "2026-11-07", "2026-11-20T11:00Z", "2026-11-20T23:00Z"],
  ["a day of 23 hours", "P14D", "2027-03-28", "2027-04-10T10:00Z", "2027-04-10T22:00Z"],
  ["a day of 25 hours: by elapsed time", "P14D", "2027-10-31", "2027-11-13T10:00Z", "2027-11-13T22:00Z"],
  [
    "a term with a day of 23 hours in it: by the calendar",
    "P14D",
    "2027-03-20",
    "2027-04-02T10:00Z",
    "2027-04-02T22:00Z",
  ],
  ["a term with one of 25: by elapsed time", "P14D", "2027-10-25", "2027-11-07T10:00Z", "2027-11-07T22:00Z"],
  ["the last of January: a month is February", "P1M", "2027-01-31", "2027-02-27T11:00Z", "2027-02-27T23:00Z"],
  ["the same in a leap year", "P1M", "2028-01-31", "2028-02-28T11:00Z", "2028-02-28T23:00Z"],
  ["a leap day", "P1M", "2028-02-29", "2028-03-28T10:00Z", "2028-03-28T22:00Z"],
  ["two days: a sixth of them before", "P2D", "2026-11-07", "2026-11-08T15:00Z", "2026-11-08T23:00Z"],
])("rows of %s", (_, max, day, deleteAt, deadline) => {
  const times = dayTimes(term(max), startOfDay(day, ZONE), { timeZone: ZONE, workerEveryMs: HOUR_MS });
  expect(times).toEqual({ deleteAt: Date.parse(deleteAt), deadline: Date.parse(deadline) });
});

test("rows whose term ends on a midnight that is skipped go at the instant before it that its clock would have shown", () => {
  const times = dayTimes(term("P2D"), startOfDay("2027-04-28", "Africa/Cairo"), {
    timeZone: "Africa/Cairo",
    workerEveryMs: HOUR_MS,
  });
  expect(new Date(times.deadline).toISOString()).toBe("2027-04-29T21:00:00.000Z");
});
