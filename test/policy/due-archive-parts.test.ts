import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ArchivePart, ArchiveTimes } from "../../lib/model/archive.ts";
import type { DataClass, Policy } from "../../lib/model/policy.ts";
import { archiveTimes } from "../../lib/policy/archive-times.ts";
import { dueArchivePartsOf } from "../../lib/policy/due-archive-parts.ts";
import { DAY_MS, HOUR_MS, policyOf as madePolicyOf, term } from "./made-policy.ts";

const START = Date.UTC(2027, 0, 10, 2);
const dataClass = (name: string, max: string, more: Partial<DataClass> = {}): DataClass => ({
  name,
  tables: [`public.${name}`],
  max: term(max),
  purpose: "p",
  legalBasis: "b",
  archive: { monthly: term(max) },
  ...more,
});
const policyOf = (...classes: readonly DataClass[]): Policy => madePolicyOf(classes);

const MONEY = dataClass("money", "P100D");
const POLICY = policyOf(MONEY, dataClass("people", "P14D"));

/** A part of which only that is set on which a decision may rest. */
const partOf = (more: Partial<ArchivePart & { readonly id: string }> = {}, times: Partial<ArchiveTimes> = {}) => {
  const made = { startedAt: START, finishedAt: START + HOUR_MS };
  return {
    id: "shop/2027-01-10",
    database: "shop",
    businessDate: "2027-01-10",
    class: "money",
    schedule: "monthly",
    ...made,
    ...more,
    times: { ...archiveTimes(POLICY, MONEY, "monthly", made), ...times },
  } as ArchivePart & { readonly id: string };
};

const trusting = (now: number) => ({ verdict: "ok", trusted: now }) as const;
const verdictAt = (
  now: number,
  part = partOf(),
  policy = POLICY,
  clock: Parameters<typeof dueArchivePartsOf>[3] = trusting(now),
) => dueArchivePartsOf(policy, [part], now, clock).parts[0];

const DEADLINE = START + 100 * DAY_MS;
const DELETE_AT = DEADLINE - 12 * HOUR_MS;

test("an archive part is due from its delete time and overdue from its deadline, to the millisecond", () => {
  expect(verdictAt(DELETE_AT - 1)?.verdict).toBe("kept");
  expect(verdictAt(DELETE_AT)).toMatchObject({ verdict: "due", deleteAt: DELETE_AT, deadline: DEADLINE });
  expect(verdictAt(DEADLINE - 1)?.verdict).toBe("due");
  expect(verdictAt(DEADLINE)?.verdict).toBe("overdue");
  expect(verdictAt(DEADLINE)).not.toHaveProperty("keepUntil");
  expect(verdictAt(DEADLINE)?.because).toBe(`it was archived to be kept until ${new Date(DEADLINE).toISOString()}`);
});

test("a policy that got shorter wins, one that got longer does not", () => {
  const shorter = policyOf(dataClass("money", "P50D"), dataClass("people", "P14D"));
  expect(verdictAt(START, partOf(), shorter)).toMatchObject({
    deadline: START + 50 * DAY_MS,
    because: "the policy now keeps class money for less than when it was archived (P50D at most)",
  });
  expect(verdictAt(START, partOf(), policyOf(dataClass("money", "P200D")))?.deadline).toBe(DEADLINE);
});

test("a schedule that got shorter wins too, and is named", () => {
  const policy = policyOf(dataClass("money", "P90D", { archive: { monthly: term("P50D") } }));
  expect(verdictAt(START, partOf(), policy)).toMatchObject({
    deadline: START + 50 * DAY_MS,
    because: "the policy now keeps class money for less than when it was archived (P50D at most)",
  });
});

test("in February a month ends before thirty days do, and is named", () => {
  const policy = policyOf(dataClass("money", "P1M", { archive: { monthly: term("P30D") } }));
  const capture = { startedAt: Date.UTC(2027, 1, 5), finishedAt: Date.UTC(2027, 1, 5) };
  expect(verdictAt(capture.startedAt, partOf(capture), policy)).toMatchObject({
    deadline: Date.UTC(2027, 2, 5),
    because: "the policy now keeps class money for less than when it was archived (P1M at most)",
  });
});

test("a class that is not archived by that schedule any more is held to its own term", () => {
  const policy = policyOf(dataClass("money", "P60D", { archive: { yearly: term("P60D") } }));
  expect(verdictAt(START, partOf(), policy)?.deadline).toBe(START + 60 * DAY_MS);
});

test.each([
  ["P100D", "P20D", Date.UTC(2027, 0, 31), "P20D from the day after its capture"],
  ["P21D", "P20D", Date.UTC(2027, 0, 31), "P20D from the day after its capture"],
  ["P20D", "P20D", START + 20 * DAY_MS, "P20D"],
])(
  "an archive from before its class's rows left by their age is held to both: max %s, age %s",
  (max, age, deadline, atMost) => {
    const rowAge = { column: "at", max: term(age) };
    const policy = policyOf(dataClass("money", max, { rowAge, archive: undefined }));
    expect(verdictAt(START, partOf(), policy)).toMatchObject({
      deadline,
      because: `the policy now keeps class money for less than when it was archived (${atMost} at most)`,
    });
  },
);

test.each([
  [{ class: "default" }, "class default is not in the policy: held to the class that ends first, people"],
  [{ database: "shop2" }, "database shop2 is not in the policy: held to the class that ends first, people"],
])("what the policy does not know is held to the class that ends first, and told: %j", (more, message) => {
  const { parts, notices } = dueArchivePartsOf(POLICY, [partOf(more)], START, trusting(START));
  expect(parts[0]?.deadline).toBe(START + 14 * DAY_MS);
  expect(notices.map((notice) => notice.message)).toEqual([message]);
});

test("what the policy does not know is not held to a schedule of the class that ends first", () => {
  const policy = policyOf(MONEY, dataClass("people", "P14D", { archive: { monthly: term("P5D") } }));
  expect(verdictAt(START, partOf({ class: "default" }), policy)).toMatchObject({
    deadline: START + 14 * DAY_MS,
    because: "the policy now keeps class people for less than when it was archived (P14D at most)",
  });
});

test("a part that is due and locked waits for its lock to the millisecond, whatever its deadline", () => {
  const lockedUntil = START + 60 * DAY_MS;
  const locked = partOf({}, { lock: "governance", retainUntil: lockedUntil });
  const policy = policyOf(dataClass("money", "P50D"));
  expect(verdictAt(START + 49 * DAY_MS, locked, policy)).toMatchObject({ verdict: "kept", lockedUntil });
  expect(verdictAt(START + 55 * DAY_MS, locked, policy)).toMatchObject({ verdict: "locked", lockedUntil });
  expect(verdictAt(lockedUntil - 1, locked, policy)?.verdict).toBe("locked");
  expect(verdictAt(lockedUntil, locked, policy)).toMatchObject({ verdict: "overdue" });
  expect(verdictAt(lockedUntil, locked, policy)).not.toHaveProperty("lockedUntil");
  expect(verdictAt(DELETE_AT, partOf({}, { lock: "none", retainUntil: DEADLINE }))?.verdict).toBe("due");
});

describe("a minimum", () => {
  const keepUntil = DELETE_AT + HOUR_MS;
  const minimum = partOf({}, { keepUntil });
  test("keeps what is due until it has ended, by a clock that is sure", () => {
    expect(verdictAt(keepUntil - 1, minimum)?.verdict).toBe("kept");
    expect(verdictAt(keepUntil, minimum)?.verdict).toBe("due");
    expect(verdictAt(keepUntil, minimum, POLICY, { verdict: "ok", trusted: keepUntil - 1 })?.verdict).toBe("kept");
  });
  test("never keeps anything past its maximum", () => {
    const long = partOf({}, { keepUntil: DEADLINE });
    expect(verdictAt(DELETE_AT, long)?.verdict).toBe("due");
    expect(verdictAt(DEADLINE, partOf({}, { keepUntil: DEADLINE + DAY_MS }))?.verdict).toBe("overdue");
  });
  test("is the longer of what it was archived for and what the policy says now", () => {
    const min = { term: term("P99D"), from: "capture" } as const;
    const policy = policyOf(dataClass("money", "P100D", { min }));
    const made = archiveTimes(policy, policy.classes[0] as DataClass, "monthly", partOf());
    const later = (made.keepUntil as number) + 1;
    expect(verdictAt(START, partOf(), policy)?.keepUntil).toBe(made.keepUntil);
    expect(verdictAt(START, partOf({}, { keepUntil: START }), policy)?.keepUntil).toBe(made.keepUntil);
    expect(verdictAt(START, partOf({}, { keepUntil: later }), policy)?.keepUntil).toBe(later);
  });
  test("waits where the clock is not trusted, until the maximum has passed by every clock", () => {
    const failed = (trusted: number) => ({ verdict: "failed", trusted }) as const;
    expect(verdictAt(DEADLINE + DAY_MS, minimum, POLICY, failed(DEADLINE - 1))?.verdict).toBe("waits");
    expect(verdictAt(DEADLINE + DAY_MS, minimum, POLICY, failed(DEADLINE))?.verdict).toBe("overdue");
    expect(verdictAt(DELETE_AT - 1, minimum, POLICY, failed(DELETE_AT - 1))?.verdict).toBe("kept");
    expect(verdictAt(DEADLINE + DAY_MS, partOf(), POLICY, failed(START))?.verdict).toBe("overdue");
  });
});

test("nothing is due of what begins in the future, and it is told", () => {
  const { parts, notices } = dueArchivePartsOf(
    policyOf(dataClass("money", "PT1H")),
    [partOf()],
    START - 1,
    trusting(START),
  );
  expect(parts[0]?.verdict).toBe("kept");
  expect(notices.map(({ message }) => message)).toEqual([
    "it begins at 2027-01-10T02:00:00.000Z, which is to come: a clock is wrong, and it is not due",
  ]);
});

test("parts come in order of their deadlines, then by archive and class, in whatever order they were found", () => {
  const parts = [
    partOf({ id: "c", startedAt: START - DAY_MS }, { deadline: DEADLINE - DAY_MS }),
    partOf({ id: "a" }),
    partOf({ id: "a", class: "people" }),
    partOf({ id: "b" }),
  ];
  const policy = policyOf(MONEY, dataClass("people", "P100D"));
  const namesOf = (found: typeof parts) =>
    dueArchivePartsOf(policy, found, START, trusting(START)).parts.map(({ part }) => `${part.id}/${part.class}`);
  const sorted = ["c/money", "a/money", "a/people", "b/money"];
  expect(namesOf(parts)).toEqual(sorted);
  expect(namesOf(parts.toReversed())).toEqual(sorted);
});

test("whatever policy, times and clock: never past a maximum by every clock, never before a minimum unless by the maximum", () => {
  const days = fc.integer({ min: 1, max: 400 });
  const story = fc.record({
    nowMax: days,
    madeMax: days,
    keep: fc.option(days, { nil: undefined }),
    locked: fc.option(days, { nil: undefined }),
    now: fc.integer({ min: 0, max: 500 * 24 }),
    behind: fc.integer({ min: 0, max: 100 * 24 }),
    verdict: fc.constantFrom("ok" as const, "failed" as const),
  });
  fc.assert(
    fc.property(story, ({ nowMax, madeMax, keep, locked, now: hours, behind, verdict }) => {
      const now = START + hours * HOUR_MS;
      const trusted = now - behind * HOUR_MS;
      const deadline = START + madeMax * DAY_MS;
      const part = partOf(
        {},
        {
          deadline,
          deleteAt: deadline - 12 * HOUR_MS,
          ...(keep === undefined ? {} : { keepUntil: START + keep * DAY_MS }),
          ...(locked === undefined ? {} : { lock: "compliance", retainUntil: START + locked * DAY_MS }),
        },
      );
      const one = verdictAt(now, part, policyOf(dataClass("money", `P${nowMax}D`)), { verdict, trusted });
      const end = START + Math.min(nowMax, madeMax) * DAY_MS;
      expect(one?.deadline).toBe(end);
      const goes = one?.verdict === "due" || one?.verdict === "overdue";
      if (trusted >= end) expect(goes || one?.verdict === "locked").toBe(true);
      if (one?.verdict === "locked") expect(locked !== undefined && now < START + locked * DAY_MS).toBe(true);
      if (goes && keep !== undefined && START + keep * DAY_MS < end)
        expect(trusted >= end || (verdict === "ok" && trusted >= START + keep * DAY_MS)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
