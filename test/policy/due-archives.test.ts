import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Point } from "../../lib/model/point.ts";
import type { DataClass, Policy } from "../../lib/model/policy.ts";
import { businessDateOf, instantOf } from "../../lib/policy/business-date.ts";
import { type DueArchive, dueArchives } from "../../lib/policy/due-archives.ts";
import { periodOf, SCHEDULES, standsFor } from "../../lib/policy/schedules.ts";
import { DAY_MS, dataClass, HOUR_MS, pointOf, policyOf, term, zones } from "./made-policy.ts";

const ALL = { daily: term("P30D"), weekly: term("P1Y"), monthly: term("P2Y"), yearly: term("P11Y") };
const MONEY = dataClass("money", "P12Y", { archive: ALL });
const POLICY = policyOf([MONEY]);
const at = (day: string, time = "02:00") => instantOf(day, time, "UTC");
const shown = (due: readonly DueArchive[]) => due.map((one) => `${one.businessDate} ${one.schedule}`);
const dueAt = (now: number, points: readonly Point[], archived: readonly DueArchive[] = [], policy = POLICY) =>
  shown(dueArchives(policy, points, archived, now));

/** What a daily job makes when it runs each day an hour after the point of the day, if there is one. */
const daysOf = (policy: Policy, days: readonly string[], classes = ["money"]): readonly DueArchive[] => {
  const points: Point[] = [];
  const archived: DueArchive[] = [];
  for (const day of days) {
    const startedAt = instantOf(day, "02:00", policy.timeZone);
    points.push(pointOf(startedAt, { classes }));
    archived.push(...dueArchives(policy, points.slice(-28), archived, startedAt + HOUR_MS));
  }
  return archived;
};

test("the longest schedule that falls on a date labels it, and it is one archive", () => {
  // 1 January 2029 is a Monday.
  expect(shown(daysOf(POLICY, ["2029-01-01", "2029-01-02", "2029-01-08", "2029-02-01", "2029-02-05"]))).toEqual([
    "2029-01-01 yearly",
    "2029-01-02 daily",
    "2029-01-08 weekly",
    "2029-02-01 monthly",
    "2029-02-05 weekly",
  ]);
});

test("a month without a point on its first days is archived on its first day with one", () => {
  const days = ["2029-01-01", "2029-01-31", "2029-02-03", "2029-02-04"];
  expect(shown(daysOf(POLICY, days)).slice(2)).toEqual(["2029-02-03 monthly", "2029-02-04 daily"]);
});

test("an ISO week goes over the end of a year", () => {
  const weekly = policyOf([dataClass("money", "P12Y", { archive: { weekly: term("P1Y") } })]);
  // Monday 27 December 2027 to Sunday 2 January 2028.
  expect(shown(daysOf(weekly, ["2027-12-26", "2027-12-30", "2028-01-02", "2028-01-03"]))).toEqual([
    "2027-12-26 weekly",
    "2027-12-30 weekly",
    "2028-01-03 weekly",
  ]);
});

test("of several points of a date the first is archived, once", () => {
  const points = [pointOf(at("2029-01-02", "20:00")), pointOf(at("2029-01-02", "08:00"))];
  const due = dueArchives(POLICY, points, [], at("2029-01-02", "23:00"));
  expect(due.map((one) => one.pointId)).toEqual([`p${at("2029-01-02", "08:00")}`]);
  expect(dueAt(at("2029-01-02", "23:30"), points, due)).toEqual([]);
});

test("it says everything that making it needs", () => {
  const startedAt = at("2029-01-02");
  expect(dueArchives(POLICY, [pointOf(startedAt)], [], startedAt)).toEqual([
    {
      database: "shop",
      class: "money",
      businessDate: "2029-01-02",
      schedule: "yearly",
      pointId: `p${startedAt}`,
      times: {
        lock: "none",
        retainUntil: startedAt,
        deleteAt: at("2040-01-02") - 12 * HOUR_MS,
        deadline: at("2040-01-02"),
      },
    },
  ]);
});

describe("nothing is due", () => {
  const now = at("2029-01-02", "03:00");
  test.each([
    ["of a release point", pointOf(at("2029-01-02"), { tier: "release" })],
    ["of a point without the class", pointOf(at("2029-01-02"), { classes: ["people"] })],
    ["of a database that the policy does not name", pointOf(at("2029-01-02"), { database: "stock" })],
    ["of a point that is to come", pointOf(now + 1)],
  ])("%s", (_, point) => {
    expect(dueAt(now, [point])).toEqual([]);
    expect(dueAt(now, [{ ...point, ...pointOf(at("2029-01-02")) }])).toEqual(["2029-01-02 yearly"]);
  });

  test("of a class without archives", () => {
    expect(dueAt(now, [pointOf(at("2029-01-02"))], [], policyOf([dataClass("money", "P12Y")]))).toEqual([]);
  });
});

test("databases and classes do not stand for each other", () => {
  const policy = policyOf([MONEY, { ...MONEY, name: "books" }], { databases: ["shop", "stock"] });
  const startedAt = at("2029-01-02");
  const points = ["shop", "stock"].map((database) => pointOf(startedAt, { database, classes: ["money", "books"] }));
  const due = dueArchives(policy, points, [], startedAt);
  expect(due.map((one) => `${one.database}/${one.class}`)).toEqual([
    "shop/books",
    "shop/money",
    "stock/books",
    "stock/money",
  ]);
  for (const left of due)
    expect(
      dueArchives(
        policy,
        points,
        due.filter((one) => one !== left),
        startedAt,
      ),
    ).toEqual([left]);
});

test("they come in order of their dates, then of databases and classes", () => {
  const policy = policyOf([MONEY, { ...MONEY, name: "books" }]);
  const points = [
    pointOf(at("2029-01-03"), { classes: ["money", "books"] }),
    pointOf(at("2029-01-02"), { classes: ["books"] }),
  ];
  const due = dueArchives(policy, points, [], at("2029-01-03"));
  expect(due.map((one) => `${one.businessDate} ${one.class} ${one.schedule}`)).toEqual([
    "2029-01-02 books yearly",
    "2029-01-03 books daily",
    "2029-01-03 money yearly",
  ]);
});

test("what has more than half its life behind it is not made any more, to the millisecond", () => {
  const policy = policyOf([dataClass("money", "P12Y", { archive: { daily: term("P10D") } })]);
  const startedAt = at("2029-01-02");
  const half = (10 * DAY_MS - 12 * HOUR_MS) / 2;
  expect(dueAt(startedAt + half, [pointOf(startedAt)], [], policy)).toEqual(["2029-01-02 daily"]);
  expect(dueAt(startedAt + half + 1, [pointOf(startedAt)], [], policy)).toEqual([]);
});

test("a longer schedule that comes into the policy later takes the first date that is still free", () => {
  const { archive: _, ...rest } = MONEY;
  const daily = policyOf([{ ...rest, archive: { daily: ALL.daily } }]);
  const archived = daysOf(daily, ["2029-01-02", "2029-01-03"]);
  const points = ["2029-01-02", "2029-01-03", "2029-01-04"].map((day) => pointOf(at(day)));
  expect(dueAt(at("2029-01-04"), points, archived)).toEqual(["2029-01-04 yearly"]);
});

test("a lock that would be over within an hour is none", () => {
  const lock = { mode: "compliance", term: term("P2D") } as const;
  const policy = policyOf([{ ...MONEY, lock }]);
  const startedAt = at("2029-01-02");
  const lockAt = (now: number) => dueArchives(policy, [pointOf(startedAt)], [], now)[0]?.times;
  const ends = startedAt + 2 * DAY_MS;
  expect(lockAt(ends - HOUR_MS)).toMatchObject({ lock: "compliance", retainUntil: ends });
  expect(lockAt(ends - HOUR_MS + 1)).toMatchObject({ lock: "none", retainUntil: startedAt });
});

test("a day of 23 or 25 hours leaves neither a hole nor a double", () => {
  const policy = policyOf([dataClass("money", "P12Y", { archive: { daily: ALL.daily } })], {
    timeZone: "Europe/Copenhagen",
  });
  for (const [from, hours] of [
    ["2027-03-26", 5 * 24],
    ["2027-10-29", 5 * 24],
  ] as const) {
    const begins = instantOf(from, "00:30", policy.timeZone);
    const points = Array.from({ length: hours }, (_, hour) => pointOf(begins + hour * HOUR_MS));
    const due = dueArchives(policy, points, [], begins + hours * HOUR_MS);
    const days = [...new Set(points.map((point) => businessDateOf(point.startedAt, policy.timeZone)))];
    expect(due.map((one) => one.businessDate)).toEqual(days);
  }
});

const classes = fc
  .subarray([...SCHEDULES], { minLength: 1 })
  .map((names): DataClass => ({ ...MONEY, archive: Object.fromEntries(names.map((name) => [name, ALL[name]])) }));

test("over a year with gaps, each period that had a point has one archive of each schedule, of its first such date", () => {
  fc.assert(
    fc.property(
      classes,
      zones,
      fc.integer({ min: 0, max: 3000 }),
      fc.array(fc.boolean(), { minLength: 420, maxLength: 420 }),
      (one, timeZone, shift, hasPoint) => {
        const policy = policyOf([one], { timeZone });
        const begin = Date.UTC(2026, 0, 1, 12) + shift * DAY_MS;
        const days = hasPoint.flatMap((is, index) => (is ? [businessDateOf(begin + index * DAY_MS, timeZone)] : []));
        const archived = daysOf(policy, days);
        expect(new Set(archived.map((due) => due.businessDate)).size).toBe(archived.length);
        for (const schedule of SCHEDULES) {
          const stand = archived.filter((due) => standsFor(due.schedule, schedule)).map((due) => due.businessDate);
          const firsts = days.filter((day, index) => {
            const before = days[index - 1];
            return before === undefined || periodOf(schedule, before) !== periodOf(schedule, day);
          });
          if (one.archive?.[schedule] !== undefined) expect(stand).toEqual(expect.arrayContaining(firsts));
          for (const due of archived) if (due.schedule === schedule) expect(firsts).toContain(due.businessDate);
        }
      },
    ),
    { numRuns: 15 },
  );
}, 60_000);
