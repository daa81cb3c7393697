import { describe, expect, test } from "vitest";
import type { Hold } from "../../lib/model/hold.ts";
import { type DayFacts, type ExpiredPart, type FoundArchive, invariantsOf } from "../../lib/policy/invariants.ts";
import { DAY_MS, dataClass, HOUR_MS, pointOf, policyOf, term } from "./made-policy.ts";

const START = Date.UTC(2027, 0, 10, 2);
const NOW = START + 3 * DAY_MS;
const POLICY = policyOf([
  dataClass("personal", "P14D"),
  dataClass("money", "P10Y", { min: { term: term("P5Y"), from: "capture" }, archive: { monthly: term("P10Y") } }),
]);

const archive = (rest: Partial<FoundArchive> = {}): FoundArchive => ({
  format: 1,
  kind: "archive part",
  vaultId: "v",
  id: "shop/2027-01-10",
  database: "shop",
  businessDate: "2027-01-10",
  class: "money",
  schedule: "monthly",
  pointId: `p${START}`,
  startedAt: START,
  finishedAt: START,
  tables: 1,
  rows: 1,
  plainBytes: 1,
  sealedBytes: 1,
  times: { retainUntil: START, lock: "none", deleteAt: START + 100 * DAY_MS, deadline: START + 101 * DAY_MS },
  objects: [],
  ...rest,
});

const hold = (rest: Partial<Hold> = {}): Hold => ({
  id: "h1",
  basis: "Art. 17(3)(e) GDPR",
  matter: "M-1",
  parts: [{ store: "hot", id: "p", class: "personal" }],
  reviewAt: NOW + DAY_MS,
  requested: { by: "anna", at: START },
  approved: { by: "bo", at: START },
  ...rest,
});

const { approved: _, ...withoutApproval } = hold();

const gone = (rest: Partial<ExpiredPart> = {}): ExpiredPart => ({
  act: "expire",
  part: { store: "archive", id: "shop/2020-01-10", class: "money" },
  tier: "archive",
  startedAt: Date.UTC(2020, 0, 10),
  deadline: Date.UTC(2030, 0, 10),
  keyShredded: true,
  objectsDeleted: 1,
  objectsLeft: 0,
  lookedAt: NOW,
  marginMs: 1,
  ...rest,
});

const FACTS: DayFacts = {
  now: NOW,
  points: [pointOf(START, { classes: ["personal", "money"] })],
  archives: [archive()],
  holds: [],
  holdsBroken: undefined,
  tables: [{ database: "shop", schema: "public", name: "money", class: "money" }],
  damaged: 0,
  unnamed: { objects: 0, oldestAt: undefined },
  unknownArchived: { objects: 0, deadline: undefined },
  strangers: { names: [], total: 0 },
  listed: 12,
  keysWithoutPart: [],
  leftOfExpired: [],
  shreddedKeysThatStand: [],
  gone: { lookedFor: [], found: [] },
  chain: { followed: 3, lastSeq: 9, broken: undefined, heads: { found: "the head holds", broken: false } },
  clockOffsetMs: 5,
  checkedBefore: NOW - DAY_MS,
};

const judge = (id: string, facts: Partial<DayFacts> = {}, policy = POLICY) =>
  invariantsOf(policy, { ...FACTS, ...facts }).find((one) => one.id === id);

test("of a vault that is well all sixteen are judged: ten hold, and what is not there says why", () => {
  const judged = invariantsOf(POLICY, FACTS);
  expect(judged.map((one) => one.id)).toEqual(
    Array.from({ length: 16 }, (_, i) => `I-${String(i + 1).padStart(2, "0")}`),
  );
  const not = judged.filter((one) => one.result === "not applicable");
  expect(not.map((one) => one.id)).toEqual(["I-07", "I-08", "I-09", "I-12", "I-16"]);
  for (const { found } of not) expect(found.length).toBeGreaterThan(20);
  expect(judged.filter((one) => one.result === "broken")).toEqual([]);
});

const personal = (rest: Partial<DayFacts>) => ({
  points: [pointOf(START, { id: "p", classes: ["personal"] })],
  archives: [],
  ...rest,
});

describe("what breaks an invariant, and what just does not", () => {
  test.each<[string, string, Partial<DayFacts>, RegExp | undefined]>([
    ["I-01", "a part a millisecond before its deadline", personal({ now: START + 14 * DAY_MS - 1 }), undefined],
    ["I-01", "a part at its deadline", personal({ now: START + 14 * DAY_MS }), /1 part past the deadline: p\/personal/],
    [
      "I-01",
      "a part at its deadline that is held",
      personal({ now: START + 14 * DAY_MS, holds: [hold({ reviewAt: START + 90 * DAY_MS })] }),
      undefined,
    ],
    [
      "I-01",
      "an archive at its deadline",
      { now: START + 101 * DAY_MS, points: [] },
      /past the deadline: shop\/2027-01-10\/money/,
    ],
    ["I-01", "an archive before it", { now: START + 101 * DAY_MS - 1, points: [] }, undefined],
    [
      "I-01",
      "an unknown copy before the shortest class ends",
      { points: [], unnamed: { objects: 1, oldestAt: NOW - 14 * DAY_MS + 1 } },
      undefined,
    ],
    [
      "I-01",
      "an unknown copy when the shortest class ends",
      { points: [], unnamed: { objects: 1, oldestAt: NOW - 14 * DAY_MS } },
      /should have been gone by/,
    ],
    [
      "I-01",
      "a leftover in the archive a millisecond before it must be gone",
      { points: [], unknownArchived: { objects: 1, deadline: NOW + 1 } },
      undefined,
    ],
    [
      "I-01",
      "a leftover in the archive that must be gone",
      { points: [], unknownArchived: { objects: 1, deadline: NOW } },
      /should have been gone by/,
    ],
    [
      "I-02",
      "a lock until deletion",
      { archives: [archive({ times: { ...archive().times, retainUntil: START + 100 * DAY_MS } })] },
      undefined,
    ],
    [
      "I-02",
      "a lock past deletion",
      { archives: [archive({ times: { ...archive().times, retainUntil: START + 100 * DAY_MS + 1 } })] },
      /locked longer/,
    ],
    [
      "I-02",
      "deletion at the deadline",
      { archives: [archive({ times: { ...archive().times, deleteAt: START + 101 * DAY_MS } })] },
      /locked longer/,
    ],
    ["I-03", "something missing", { damaged: 1 }, /1 named object missing or damaged/],
    [
      "I-03",
      "a stranger",
      { strangers: { names: ["a", "b", "c", "d", "e"], total: 5 } },
      /5 objects that Lastgood did not make: a, b, c and 2 more/,
    ],
    [
      "I-03",
      "leftovers in the archive, however old",
      { unknownArchived: { objects: 2, deadline: NOW + DAY_MS } },
      undefined,
    ],
    ["I-03", "leftovers of 26 hours", { unnamed: { objects: 2, oldestAt: NOW - 26 * HOUR_MS } }, undefined],
    [
      "I-03",
      "older leftovers",
      { unnamed: { objects: 2, oldestAt: NOW - 26 * HOUR_MS - 1 } },
      /2 objects that nothing names/,
    ],
    [
      "I-04",
      "one that is there again",
      { gone: { lookedFor: [gone()], found: [gone().part] } },
      /recorded as gone and there: shop\/2020-01-10\/money/,
    ],
    [
      "I-04",
      "something left of a part",
      { leftOfExpired: ["key parts/p/personal"] },
      /said to have gone: key parts\/p\/personal/,
    ],
    [
      "I-05",
      "a key that waits for a sweep",
      { keysWithoutPart: [{ name: "k", writtenAt: NOW - 26 * HOUR_MS }] },
      undefined,
    ],
    [
      "I-05",
      "a key that nobody swept",
      { keysWithoutPart: [{ name: "k", writtenAt: NOW - 26 * HOUR_MS - 1 }] },
      /1 wrapped key of no part: k/,
    ],
    [
      "I-04",
      "days that stand again",
      {
        gone: {
          lookedFor: [],
          found: ["05", "06"].map((day) => ({ store: "hot", id: "p1", class: `raw_2027-01-${day}` })),
        },
      },
      /recorded as gone and there: raw, 2 days from 2027-01-05 to 2027-01-06, of p1$/,
    ],
    ["I-05", "a key beside its tombstone", { shreddedKeysThatStand: ["k"] }, /destroyed and stand again: k/],
    ["I-06", "a hold of two people", { holds: [hold()] }, undefined],
    [
      "I-06",
      "a hold of one",
      { holds: [hold({ approved: { by: "anna", at: START } })] },
      /without a basis or a second person: h1/,
    ],
    ["I-06", "a hold without a basis", { holds: [hold({ basis: " " })] }, /without a basis/],
    ["I-06", "a request that nobody approved", { holds: [withoutApproval] }, undefined],
    ["I-06", "a review that is due", { holds: [hold({ reviewAt: NOW })] }, /review is overdue: h1/],
    ["I-06", "a register that cannot be read", { holdsBroken: "object holds/h1 is damaged" }, /holds\/h1 is damaged/],
    ["I-10", "a broken chain", { chain: { ...FACTS.chain, broken: "record 4 is missing" } }, /record 4 is missing/],
    [
      "I-10",
      "a head that does not hold",
      { chain: { ...FACTS.chain, heads: { found: "not signed by this key", broken: true } } },
      /not signed by this key/,
    ],
    [
      "I-11",
      "a table in no class",
      { tables: [{ database: "shop", schema: "public", name: "new", class: "money" }] },
      /shop:public.new \(add "public.new"/,
    ],
    [
      "I-11",
      "a table in another class",
      { tables: [{ database: "shop", schema: "public", name: "money", class: "personal" }] },
      /captured as personal and is money/,
    ],
    [
      "I-11",
      "a database that the policy does not name",
      { points: [pointOf(START, { database: "old" })] },
      /does not name: old/,
    ],
    ["I-13", "one that went after its minimum", { gone: { lookedFor: [gone()], found: [] } }, undefined],
    [
      "I-13",
      "one that went when its minimum ended",
      { gone: { lookedFor: [gone({ lookedAt: Date.UTC(2025, 0, 11) })], found: [] } },
      undefined,
    ],
    [
      "I-13",
      "one that went a millisecond before",
      { gone: { lookedFor: [gone({ lookedAt: Date.UTC(2025, 0, 11) - 1 })], found: [] } },
      /gone before the minimum/,
    ],
    [
      "I-13",
      "one that went before its minimum",
      { gone: { lookedFor: [gone({ lookedAt: Date.UTC(2024, 11, 31) })], found: [] } },
      /gone before the minimum: shop\/2020-01-10\/money/,
    ],
    [
      "I-13",
      "one whose own deadline was before the minimum",
      {
        gone: { lookedFor: [gone({ lookedAt: Date.UTC(2024, 11, 31), deadline: Date.UTC(2024, 11, 31) })], found: [] },
      },
      undefined,
    ],
    [
      "I-13",
      "a part of a point",
      { gone: { lookedFor: [gone({ lookedAt: START, part: { store: "hot", id: "p", class: "money" } })], found: [] } },
      undefined,
    ],
    [
      "I-14",
      "another anchor than its point's",
      { archives: [archive({ startedAt: START + 1 })] },
      /counts from another instant/,
    ],
    ["I-14", "a point that is gone", { archives: [archive({ pointId: "gone", startedAt: START + 1 })] }, undefined],
    ["I-15", "clocks a minute apart", { clockOffsetMs: -60_000 }, undefined],
    ["I-15", "clocks further apart", { clockOffsetMs: -60_001 }, /1 min 00 s off ours/],
    ["I-15", "a check 26 hours ago", { checkedBefore: NOW - 26 * HOUR_MS }, undefined],
    ["I-15", "a check before that", { checkedBefore: NOW - 26 * HOUR_MS - 1 }, /1 d 02 h ago/],
    ["I-15", "a check that is to come", { checkedBefore: NOW + 60_001 }, /our clock stands before the check/],
    ["I-15", "a first check", { checkedBefore: undefined, clockOffsetMs: undefined }, undefined],
  ])("%s: %s", (id, _, facts, found) => {
    const judged = judge(id, facts);
    if (found === undefined) expect(judged?.result).toBe("holds");
    else expect(judged).toMatchObject({ result: "broken", found: expect.stringMatching(found) as string });
  });
});

test("what a vault does not have is not applicable, and never holds by its absence", () => {
  expect(judge("I-02", { archives: [] })?.result).toBe("not applicable");
  expect(judge("I-14", { archives: [] })?.result).toBe("not applicable");
  expect(judge("I-10", { chain: { ...FACTS.chain, lastSeq: 0, followed: 0 } })?.result).toBe("not applicable");
  expect(judge("I-13", {}, policyOf([dataClass("money", "P1Y")]))?.result).toBe("not applicable");
});

test("days past their deadline are named as days of a class, however many points have them", () => {
  const policy = policyOf([dataClass("raw", "P28D", { rowAge: { column: "at", max: term("P2D") } })]);
  const days = ["2027-01-09", "2027-01-10"].map((day) => ({ day, startsAt: Date.parse(day) }));
  const next = { day: "2027-01-12", startsAt: Date.parse("2027-01-12") };
  const rowAges = [{ class: "raw", column: "at", days, next }];
  const points = [0, 1, 2].map((hour) =>
    pointOf(START + hour * HOUR_MS, { classes: ["raw", ...days.map(({ day }) => `raw_${day}`)], rowAges }),
  );
  const [first] = invariantsOf(policy, { ...FACTS, points, archives: [], tables: [] });
  expect(first).toEqual({
    id: "I-01",
    result: "broken",
    found: "6 parts past the deadline: raw, 2 days from 2027-01-09 to 2027-01-10, of 3 points",
  });
});
