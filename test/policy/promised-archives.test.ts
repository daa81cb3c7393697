import fc from "fast-check";
import { expect, test } from "vitest";
import type { Point } from "../../lib/model/point.ts";
import type { DataClass, Policy } from "../../lib/model/policy.ts";
import { instantOf } from "../../lib/policy/business-date.ts";
import { type DueArchive, dueArchives } from "../../lib/policy/due-archives.ts";
import { keepsPromise, promisedArchives } from "../../lib/policy/promised-archives.ts";
import { DAY_MS, dataClass, HOUR_MS, pointOf, policyOf, term, zones } from "./made-policy.ts";

const classWith = (archive: DataClass["archive"]): DataClass => dataClass("money", "P12Y", { archive });
const at = (day: string, time = "00:00") => instantOf(day, time, "UTC");
const shown = (policy: Policy, from: number, to: number) =>
  promisedArchives(policy, from, to).map((one) => `${one.schedule} ${one.first}..${one.last}`);

test("each period since the beginning promises one archive, the first from the day it began", () => {
  const policy = policyOf([classWith({ weekly: term("P1Y"), monthly: term("P1Y") })]);
  // 17 January 2029 is a Wednesday.
  expect(shown(policy, at("2029-01-17", "02:00"), at("2029-02-06"))).toEqual([
    "monthly 2029-01-17..2029-01-31",
    "monthly 2029-02-01..2029-02-28",
    "weekly 2029-01-17..2029-01-21",
    "weekly 2029-01-22..2029-01-28",
    "weekly 2029-01-29..2029-02-04",
    "weekly 2029-02-05..2029-02-11",
  ]);
});

test("an archive is expected by the end of its first day, to the millisecond", () => {
  const policy = policyOf([classWith({ daily: term("P30D") })]);
  expect(promisedArchives(policy, at("2029-01-17"), at("2029-01-18") - 1)).toEqual([]);
  expect(promisedArchives(policy, at("2029-01-17"), at("2029-01-18"))).toEqual([
    {
      database: "shop",
      class: "money",
      schedule: "daily",
      first: "2029-01-17",
      last: "2029-01-17",
      expectedAt: at("2029-01-18"),
    },
  ]);
});

test("where points come every three days, so late is the archive of a week", () => {
  const policy = policyOf([classWith({ weekly: term("P1Y") })], { hot: { every: term("P3D"), window: term("P28D") } });
  expect(promisedArchives(policy, at("2029-01-15"), at("2029-01-20"))[0]?.expectedAt).toBe(at("2029-01-18"));
});

test("what may have been deleted by its term is not asked for any more", () => {
  const policy = policyOf([classWith({ daily: term("P30D") })]);
  const deleteAt = at("2029-01-17") + 30 * DAY_MS - 12 * HOUR_MS;
  expect(shown(policy, at("2029-01-17"), deleteAt - 1)[0]).toBe("daily 2029-01-17..2029-01-17");
  expect(shown(policy, at("2029-01-17"), deleteAt)[0]).toBe("daily 2029-01-18..2029-01-18");
});

test("every database and class of the policy is promised its own", () => {
  const one = classWith({ yearly: term("P2Y") });
  const policy = policyOf([one, { ...one, name: "books" }, dataClass("people", "P14D")], {
    databases: ["shop", "stock"],
  });
  const promised = promisedArchives(policy, at("2029-01-17"), at("2029-01-18"));
  expect(promised.map((promise) => `${promise.database}/${promise.class}`)).toEqual([
    "shop/money",
    "shop/books",
    "stock/money",
    "stock/books",
  ]);
});

test("a promise is kept by an archive of its period, of its schedule or a longer one", () => {
  const promise = {
    database: "shop",
    class: "money",
    schedule: "monthly",
    first: "2029-01-17",
    last: "2029-01-31",
    expectedAt: 0,
  } as const;
  const part = { database: "shop", class: "money", schedule: "monthly", businessDate: "2029-01-17" } as const;
  expect(keepsPromise(promise, part)).toBe(true);
  expect(keepsPromise(promise, { ...part, businessDate: "2029-01-31" })).toBe(true);
  expect(keepsPromise(promise, { ...part, schedule: "yearly" })).toBe(true);
  expect(keepsPromise(promise, { ...part, schedule: "weekly" })).toBe(false);
  expect(keepsPromise(promise, { ...part, businessDate: "2029-01-16" })).toBe(false);
  expect(keepsPromise(promise, { ...part, businessDate: "2029-02-01" })).toBe(false);
  expect(keepsPromise(promise, { ...part, database: "stock" })).toBe(false);
  expect(keepsPromise(promise, { ...part, class: "books" })).toBe(false);
});

test("who makes each day what is due, of a point a day, keeps every promise on every day", () => {
  const one = classWith({ daily: term("P9D"), weekly: term("P30D"), monthly: term("P60D"), yearly: term("P2Y") });
  fc.assert(
    fc.property(zones, fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 23 }), (timeZone, shift, hour) => {
      const policy = policyOf([one], { timeZone });
      const begin = Date.UTC(2027, 0, 1) + shift * DAY_MS;
      const points: Point[] = [];
      let archived: readonly DueArchive[] = [];
      for (let index = 0; index < 100; index++) {
        const day = new Date(begin + index * DAY_MS).toISOString().slice(0, 10);
        const now = instantOf(day, `${String(hour).padStart(2, "0")}:10`, timeZone);
        points.push(pointOf(now));
        archived = [...archived, ...dueArchives(policy, points.slice(-28), archived, now)].filter(
          ({ times }) => now < times.deleteAt,
        );
        for (const promise of promisedArchives(policy, points[0]?.startedAt ?? 0, now))
          expect(archived.some((part) => keepsPromise(promise, part))).toBe(true);
      }
    }),
    { numRuns: 4 },
  );
}, 60_000);
