import { describe, expect, test } from "vitest";
import type { Point } from "../../lib/model/point.ts";
import type { DataClass, Policy, Term } from "../../lib/model/policy.ts";
import { duePartsOf } from "../../lib/policy/due-parts.ts";
import { readTerm } from "../../lib/policy/term.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MARGIN_MS = 12 * HOUR_MS;
const START = Date.UTC(2027, 0, 10, 2);

const term = (text: string): Term => readTerm(text) as Term;
const dataClass = (name: string, max: string): DataClass => ({
  name,
  tables: [`public.${name}`],
  max: term(max),
  purpose: "running the shop",
  legalBasis: "Art. 6(1)(f) GDPR",
});
const POLICY: Policy = {
  version: 1,
  controller: "Example Shop",
  timeZone: "UTC",
  databases: ["shop", "stock"],
  classes: [dataClass("other", "P60D"), dataClass("personal", "P14D"), dataClass("money", "P40D")],
  hot: { every: term("P1D"), window: term("P28D") },
  release: { window: term("P10D") },
  verification: { at: "04:00", readAllWithin: { unit: "days", count: 7 }, drillEvery: { unit: "days", count: 7 } },
  holders: [],
};

/** A point of which only that is set on which a decision may rest. */
const pointOf = (options: Partial<Omit<Point, "parts">> & { readonly classes?: readonly string[] }): Point => {
  const { classes = ["personal"], ...rest } = options;
  const parts = classes.map((name) => ({ class: name }));
  return { id: "p", database: "shop", tier: "hot", startedAt: START, ...rest, parts } as unknown as Point;
};

const verdictsAt = (now: number, point: Point, policy = POLICY) =>
  duePartsOf(policy, [point], now).parts.map((part) => [part.class, part.verdict, part.because]);

describe("a part is due from its delete time and overdue from its deadline, to the millisecond", () => {
  test.each([
    ["hot", "personal", 14, "class personal is kept for P14D"],
    ["hot", "other", 28, "tier hot is kept for P28D"],
    ["hot", "money", 28, "tier hot is kept for P28D"],
    ["release", "personal", 10, "tier release is kept for P10D"],
  ] as const)("tier %s, class %s: %i days", (tier, name, days, because) => {
    const point = pointOf({ tier, classes: [name] });
    const deadline = START + days * DAY_MS;
    const deleteAt = deadline - MARGIN_MS;
    const verdictAt = (now: number) => verdictsAt(now, point);
    expect(verdictAt(START)).toEqual([[name, "kept", because]]);
    expect(verdictAt(deleteAt - 1)).toEqual([[name, "kept", because]]);
    expect(verdictAt(deleteAt)).toEqual([[name, "due", because]]);
    expect(verdictAt(deadline - 1)).toEqual([[name, "due", because]]);
    expect(verdictAt(deadline)).toEqual([[name, "overdue", because]]);
    expect(duePartsOf(POLICY, [point], START).parts).toMatchObject([
      { point: "p", database: "shop", tier, startedAt: START, deleteAt, deadline },
    ]);
  });
});

test("a class's own term is named where it ends together with its tier's window", () => {
  const policy = { ...POLICY, release: { window: term("P14D") } };
  const [part] = duePartsOf(policy, [pointOf({ tier: "release" })], START).parts;
  expect(part?.because).toBe("class personal is kept for P14D");
});

test("deadlines are reckoned in the policy's time zone", () => {
  const policy = { ...POLICY, timeZone: "Europe/Copenhagen" };
  const startedAt = Date.UTC(2027, 2, 20, 2);
  const [part] = duePartsOf(policy, [pointOf({ startedAt })], startedAt).parts;
  expect(part?.deadline).toBe(startedAt + 14 * DAY_MS - HOUR_MS);
});

test.each([
  ["P1D", "PT23H", "class personal is kept for P1D"],
  ["PT24H", "P1D", "tier hot is kept for P1D"],
])("so is which of class %s and window %s ends first, on a day of 23 hours", (max, window, because) => {
  const policy = {
    ...POLICY,
    timeZone: "Europe/Copenhagen",
    classes: [dataClass("personal", max)],
    hot: { every: term("PT1H"), window: term(window) },
  };
  const startedAt = Date.UTC(2027, 2, 27, 12);
  const [part] = duePartsOf(policy, [pointOf({ startedAt })], startedAt).parts;
  expect([part?.because, part?.deadline]).toEqual([because, startedAt + 23 * HOUR_MS]);
});

test.each(["default", "Personal", "person"])(
  "class %s, which the policy does not know, is held to the class that ends first, and told",
  (name) => {
    const point = pointOf({ classes: [name, "other"] });
    const deadline = START + 14 * DAY_MS;
    const { parts, notices } = duePartsOf(POLICY, [point], deadline);
    expect(parts.map((part) => [part.class, part.verdict, part.deadline])).toEqual([
      [name, "overdue", deadline],
      ["other", "kept", START + 28 * DAY_MS],
    ]);
    expect(notices).toEqual([
      {
        point: "p",
        database: "shop",
        class: name,
        message: `class ${name} is not in the policy: held to the class that ends first, personal`,
      },
    ]);
    expect(duePartsOf(POLICY, [point], deadline - MARGIN_MS - 1).parts[0]?.verdict).toBe("kept");
  },
);

test("which class ends first depends on the day", () => {
  const policy = {
    ...POLICY,
    classes: [dataClass("month", "P1M"), dataClass("days", "P30D")],
    hot: { every: term("P1D"), window: term("P1Y") },
  };
  const heldTo = (startedAt: number) =>
    duePartsOf(policy, [pointOf({ classes: ["x"], startedAt })], startedAt).parts[0]?.because;
  expect(heldTo(Date.UTC(2027, 0, 5))).toBe("class days is kept for P30D");
  expect(heldTo(Date.UTC(2027, 1, 5))).toBe("class month is kept for P1M");
});

test("points of databases that the policy does not name are held to the class that ends first, whatever theirs is called", () => {
  const points = [pointOf({ id: "a", database: "shop2", classes: ["other"] }), pointOf({ id: "b", database: "stock" })];
  const dueAt = START + 14 * DAY_MS - MARGIN_MS;
  const verdictsBy = (now: number) => duePartsOf(POLICY, points, now).parts.map((part) => [part.point, part.verdict]);
  expect(verdictsBy(dueAt - 1)).toEqual([
    ["a", "kept"],
    ["b", "kept"],
  ]);
  expect(verdictsBy(dueAt)).toEqual([
    ["a", "due"],
    ["b", "due"],
  ]);
  expect(duePartsOf(POLICY, points, START).notices).toEqual([
    {
      point: "a",
      database: "shop2",
      class: "other",
      message: "database shop2 is not in the policy: held to the class that ends first, personal",
    },
  ]);
});

test("a point of tier archive in the hot store is held to the terms of tier hot", () => {
  const { parts, notices } = duePartsOf(POLICY, [pointOf({ tier: "archive" })], START);
  expect(parts.map((part) => part.deadline)).toEqual([START + 14 * DAY_MS]);
  expect(notices).toEqual([]);
});

test("nothing of a point that begins in the future is due, however short its term, and it is told", () => {
  // Deleted an hour before it begins: two runs of the worker before its deadline.
  const policy = { ...POLICY, classes: [dataClass("personal", "PT1H")] };
  expect(verdictsAt(START - 1, pointOf({}), policy)).toEqual([["personal", "kept", "class personal is kept for PT1H"]]);
  expect(duePartsOf(policy, [pointOf({})], START - 1).notices).toEqual([
    {
      point: "p",
      database: "shop",
      message:
        "it begins at 2027-01-10T02:00:00.000Z, which is to come: a clock is wrong, and nothing of the point is due",
    },
  ]);
  expect(verdictsAt(START, pointOf({}), policy)[0]?.[1]).toBe("due");
  expect(duePartsOf(policy, [pointOf({})], START).notices).toEqual([]);
});

test("parts come in order of their deadlines, then by point and class", () => {
  const points = [
    pointOf({ id: "c", classes: ["other", "personal"] }),
    pointOf({ id: "b", startedAt: START - DAY_MS, classes: ["personal"] }),
    pointOf({ id: "a", classes: ["personal", "money"] }),
  ];
  expect(duePartsOf(POLICY, points, START).parts.map((part) => `${part.point}/${part.class}`)).toEqual([
    "b/personal",
    "a/personal",
    "c/personal",
    "a/money",
    "c/other",
  ]);
});

test("a point without parts, and no point at all, have nothing due", () => {
  expect(duePartsOf(POLICY, [pointOf({ classes: [] })], START)).toEqual({ parts: [], notices: [] });
  expect(duePartsOf(POLICY, [], START)).toEqual({ parts: [], notices: [] });
});

test("a class that the policy does not know is told once for all its days, each of which is held to the one that ends first", () => {
  const names = ["raw", "raw_2027-01-09", "raw_2027-01-10"];
  const { parts, notices } = duePartsOf(POLICY, [pointOf({ classes: names })], START);
  expect(parts.map((part) => part.class)).toEqual(names);
  expect(notices).toEqual([
    {
      point: "p",
      database: "shop",
      class: "raw",
      message: "class raw is not in the policy: held to the class that ends first, personal",
    },
  ]);
});
