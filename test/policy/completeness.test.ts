import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Point } from "../../lib/model/point.ts";
import { businessDateOf } from "../../lib/policy/business-date.ts";
import { nextHotPointBy, promisedHotPoints } from "../../lib/policy/completeness.ts";
import { classTimes } from "../../lib/policy/due-parts.ts";
import { DAY_MS, dataClass, HOUR_MS, instants, pointOf, policyOf, term, zones } from "./made-policy.ts";

const START = Date.UTC(2027, 0, 10, 2);
const POLICY = policyOf([dataClass("personal", "P14D"), dataClass("money", "P60D")]);

/** Points at two in the morning of these days after the first. */
const nightly = (days: readonly number[], classes: readonly string[] = ["money"]): readonly Point[] =>
  days.map((day) => pointOf(START + day * DAY_MS, { classes }));

const told = (
  points: readonly Point[],
  now: number,
  { since = START, policy = POLICY, incomplete = [] as readonly string[] } = {},
) =>
  promisedHotPoints(policy, { points, incomplete: new Set(incomplete), promisedSince: since }, now).map(
    ({ expectedAt, found, point }) => [new Date(expectedAt - 1).toISOString().slice(0, 10), found, point ?? ""],
  );

const NOON = START + 10 * HOUR_MS;

test("a day is promised when it is over, to the millisecond", () => {
  const midnight = Date.UTC(2027, 0, 11);
  expect(told(nightly([0]), midnight - 1)).toEqual([]);
  expect(told(nightly([0]), midnight)).toEqual([["2027-01-10", "present", `p${START}`]]);
});

test("nothing is promised before anything is known of a database, or before it begins", () => {
  expect(promisedHotPoints(POLICY, { points: [], incomplete: new Set(), promisedSince: undefined }, NOON)).toEqual([]);
  expect(told([], NOON, { since: NOON + 1 })).toEqual([]);
});

test("a gap is missing, one that a second point of the next day makes up for is late, one point is never two", () => {
  const late = pointOf(START + 2 * DAY_MS + HOUR_MS);
  expect(told(nightly([0, 2, 3]), NOON + 4 * DAY_MS).map(([, found]) => found)).toEqual([
    "present",
    "missing",
    "present",
    "present",
  ]);
  expect(told([...nightly([0, 2, 3]), late], NOON + 4 * DAY_MS)[1]).toEqual([
    "2027-01-11",
    "late",
    `p${START + 2 * DAY_MS}`,
  ]);
  // What came today is today's, until there are two.
  expect(told(nightly([0, 2]), NOON + 2 * DAY_MS).map(([, found]) => found)).toEqual(["present", "missing"]);
});

test("of two points on a day one that is whole counts, and without one it is incomplete", () => {
  const second = pointOf(START + HOUR_MS);
  const now = NOON + DAY_MS;
  expect(told([...nightly([0]), second], now, { incomplete: [`p${START}`] })[0]?.slice(1)).toEqual([
    "present",
    second.id,
  ]);
  expect(told(nightly([0]), now, { incomplete: [`p${START}`] })[0]?.slice(1)).toEqual(["incomplete", `p${START}`]);
});

test("points of the future, as a clock that was set back shows them, keep no promise", () => {
  const tonight = pointOf(START + 2 * DAY_MS + 20 * HOUR_MS);
  const founds = (points: readonly Point[]) => told(points, NOON + 2 * DAY_MS).map(([, found]) => found);
  expect(founds(nightly([0, 5]))).toEqual(["present", "missing"]);
  expect(founds([...nightly([0, 2]), tonight])).toEqual(["present", "missing"]);
});

test("a gap is told until what would have been taken then would be deleted, by the longest class that the database has", () => {
  const { deleteAt } = classTimes(POLICY, dataClass("money", "P60D"), "hot", Date.UTC(2027, 0, 11));
  const first = (now: number, classes: readonly string[]) => told(nightly([0, 40], classes), now)[0]?.[0];
  expect(first(deleteAt - 1, ["money", "personal"])).toBe("2027-01-11");
  expect(first(deleteAt, ["money", "personal"])).toBe("2027-01-12");
  const personal = classTimes(POLICY, dataClass("personal", "P14D"), "hot", Date.UTC(2027, 0, 11));
  expect(first(personal.deleteAt - 1, ["personal"])).toBe("2027-01-11");
  expect(first(personal.deleteAt, ["personal"])).toBe("2027-01-12");
});

test("a class that left a point by the policy still says how long the point is promised", () => {
  const point = { ...pointOf(START, { classes: ["personal"] }), expired: [{ class: "money", at: START }] };
  expect(told([point as Point], NOON + 20 * DAY_MS)).toHaveLength(20);
});

describe("periods do not move with the first point", () => {
  test.each([
    ["PT6H", ["00", "06", "12", "18"]],
    ["P2D", ["00"]],
    ["P1W", ["00"]],
    ["P1M", ["00"]],
  ])("%s ends at the same times whatever it began with", (every, hours) => {
    const policy = policyOf([dataClass("money", "P1Y")], { hot: { every: term(every), window: term("P1Y") } });
    const endsFrom = (since: number) =>
      promisedHotPoints(policy, { points: [], incomplete: new Set(), promisedSince: since }, START + 70 * DAY_MS).map(
        (one) => one.expectedAt,
      );
    const all = endsFrom(START);
    expect(all.length).toBeGreaterThan(1);
    for (const shift of [1, HOUR_MS, 30 * HOUR_MS])
      expect(all).toEqual(expect.arrayContaining([...endsFrom(START + shift)]));
    expect(new Set(all.map((at) => new Date(at).toISOString().slice(11, 13)))).toEqual(new Set(hours));
  });
});

test.each([
  ["P1W", "2027-01-11"],
  ["P2M", "2027-03-01"],
  ["P3M", "2027-04-01"],
  ["P1Y", "2028-01-01"],
])("a period of %s ends where the calendar says", (every, end) => {
  const policy = policyOf([dataClass("money", "P9Y")], { hot: { every: term(every), window: term("P9Y") } });
  const until = (now: number) =>
    promisedHotPoints(policy, { points: nightly([0]), incomplete: new Set(), promisedSince: START }, now);
  expect(until(Date.parse(end) - 1)).toEqual([]);
  expect(until(Date.parse(end))).toEqual([{ expectedAt: Date.parse(end), found: "present", point: `p${START}` }]);
});

test("with a point on each business date none is missing, whatever the zone does to its clocks", () => {
  const hours = fc.array(fc.integer({ min: 0, max: 22 }), { minLength: 3, maxLength: 12 });
  fc.assert(
    fc.property(zones, instants, hours, (timeZone, from, times) => {
      const policy = policyOf([dataClass("money", "P60D")], { timeZone });
      const points: Point[] = [];
      const dates = new Set<string>();
      for (const [day, hour] of times.entries()) {
        const at = from + day * DAY_MS + hour * HOUR_MS;
        points.push(pointOf(at, { id: `p${day}` }));
        dates.add(businessDateOf(at, timeZone));
      }
      const now = from + (times.length + 2) * DAY_MS;
      const since = Math.min(...points.map((point) => point.startedAt));
      const promised = promisedHotPoints(policy, { points, incomplete: new Set(), promisedSince: since }, now);
      for (const { expectedAt, found } of promised)
        expect(found === "present").toBe(dates.has(businessDateOf(expectedAt - 1, timeZone)));
      expect(new Set(promised.map((one) => one.expectedAt)).size).toBe(promised.length);
    }),
  );
});

test("the next point is due at the same local time, with an hour's grace, and a sixth of what is shorter", () => {
  const copenhagen = { ...POLICY, timeZone: "Europe/Copenhagen" };
  const before = Date.UTC(2027, 2, 27, 12);
  expect(nextHotPointBy(copenhagen, before)).toBe(before + 23 * HOUR_MS + HOUR_MS);
  const hourly = policyOf(POLICY.classes, { hot: { every: term("PT1H"), window: term("P28D") } });
  expect(nextHotPointBy(hourly, START)).toBe(START + HOUR_MS + HOUR_MS / 6);
});

test("days of a class are of that class: a gap is told as long as its own part would be there", () => {
  const aged = policyOf([
    dataClass("raw", "P60D", { rowAge: { column: "at", max: term("P3D") } }),
    dataClass("other", "P90D"),
  ]);
  const points = nightly([0, 2], ["raw_2027-01-10"]);
  // The day after the missing one began at the 12th: its rows leave on the 15th, deleted half a day before.
  const until = Date.UTC(2027, 0, 15) - 12 * HOUR_MS;
  const missingAt = (now: number) => told(points, now, { policy: aged }).filter(([, found]) => found === "missing");
  expect(missingAt(until - 1).map(([day]) => day)).toContain("2027-01-11");
  expect(missingAt(until).map(([day]) => day)).not.toContain("2027-01-11");
});
