import fc from "fast-check";
import { expect, test } from "vitest";
import { businessDateOf, startOfDay } from "../../lib/policy/business-date.ts";
import { goneBy } from "../../lib/policy/deadlines.ts";
import { keptUntil } from "../../lib/policy/minimum.ts";
import { DAY_MS, HOUR_MS, instants, term, zones } from "./made-policy.ts";

const ZONE = "Europe/Copenhagen";
const kept = (text: string, from: "capture" | "end of year", at: string): string =>
  new Date(keptUntil({ term: term(text), from }, Date.parse(at), ZONE)).toISOString();

test.each([
  ["ten years end with the last hour of their day", "P10Y", "2026-03-10T02:15:00Z", "2036-03-10T23:00:00.000Z"],
  ["a month after 31 January ends with February", "P1M", "2027-01-31T12:00:00Z", "2027-02-28T23:00:00.000Z"],
  ["a year after 29 February ends with 28 February", "P1Y", "2028-02-29T12:00:00Z", "2029-02-28T23:00:00.000Z"],
  ["the elapsed reading is later where an hour is lost", "P1D", "2027-03-27T22:30:00Z", "2027-03-29T22:00:00.000Z"],
  ["the calendar is later where an hour comes twice", "P1D", "2027-10-30T21:30:00Z", "2027-10-31T23:00:00.000Z"],
  ["hours pass, and then the day ends", "PT30H", "2027-06-01T12:00:00Z", "2027-06-02T22:00:00.000Z"],
  ["hours of one day end with that day", "PT2H", "2027-06-01T12:00:00Z", "2027-06-01T22:00:00.000Z"],
])("%s", (_, length, at, expected) => {
  expect(kept(length, "capture", at)).toBe(expected);
});

test("a record of 2 January is kept for nearly a year more where the term begins at the end of the year", () => {
  expect(kept("P10Y", "end of year", "2026-01-02T12:00:00Z")).toBe("2036-12-31T23:00:00.000Z");
  expect(kept("P10Y", "end of year", "2026-12-31T22:59:59.999Z")).toBe("2036-12-31T23:00:00.000Z");
});

test("which year it is, the business's zone says", () => {
  expect(kept("P10Y", "end of year", "2026-12-31T23:00:00Z")).toBe("2037-12-31T23:00:00.000Z");
});

test("days after the end of a year end with a day, not with the day after it", () => {
  expect(kept("P31D", "end of year", "2026-06-01T12:00:00Z")).toBe("2027-01-31T23:00:00.000Z");
  expect(kept("PT24H", "end of year", "2026-06-01T12:00:00Z")).toBe("2027-01-01T23:00:00.000Z");
  // The year ends at its own end, not with the capture.
  expect(kept("PT36H", "end of year", "2026-06-01T12:00:00Z")).toBe("2027-01-02T23:00:00.000Z");
});

test("a minimum is never shorter than either reading, ends with a day, and lasts at most two days longer", () => {
  const terms = fc.constantFrom("PT1H", "P1D", "P14D", "P4W", "P1M", "P6M", "P1Y", "P10Y").map(term);
  fc.assert(
    fc.property(terms, instants, zones, (length, at, zone) => {
      const until = keptUntil({ term: length, from: "capture" }, at, zone);
      const shortest = goneBy(length, at, zone);
      expect(until).toBeGreaterThanOrEqual(shortest);
      expect(until - shortest).toBeLessThanOrEqual(2 * DAY_MS + HOUR_MS);
      expect(startOfDay(businessDateOf(until, zone), zone)).toBe(until);
      expect(keptUntil({ term: length, from: "end of year" }, at, zone)).toBeGreaterThanOrEqual(until);
    }),
  );
});
