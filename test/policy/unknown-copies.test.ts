import { expect, test } from "vitest";
import type { Policy, Term } from "../../lib/model/policy.ts";
import { readTerm } from "../../lib/policy/term.ts";
import { endsFirst, leftoverTimes, unknownTimes } from "../../lib/policy/unknown-copies.ts";
import { dataClass, policyOf as madePolicy } from "./made-policy.ts";

const HOUR_MS = 3_600_000;
const term = (text: string): Term => readTerm(text) as Term;
const policyOf = (...terms: readonly string[]): Policy =>
  ({ timeZone: "UTC", classes: terms.map((max, i) => ({ name: `c${i}`, max: term(max) })) }) as unknown as Policy;

test("a copy that nobody speaks for goes when the class that ends first would", () => {
  const written = Date.UTC(2027, 0, 10);
  expect(unknownTimes(policyOf("P60D", "P1D", "P10Y"), written)).toEqual({
    deleteAt: written + 20 * HOUR_MS,
    deadline: written + 24 * HOUR_MS,
  });
});

test("the age of rows ends it where that is sooner than any term: from the day after it was written", () => {
  const raw = { rowAge: { column: "at", max: term("P2D") } };
  const written = Date.UTC(2027, 0, 10, 3);
  const agedPolicy = madePolicy([dataClass("books", "P4D"), dataClass("raw", "P9D", raw)], {
    timeZone: "Europe/Copenhagen",
  });
  const deadline = Date.parse("2027-01-12T23:00:00Z");
  expect(unknownTimes(agedPolicy, written)).toEqual({ deleteAt: deadline - 8 * HOUR_MS, deadline });
  const short = madePolicy([dataClass("raw", "P1D", raw)]);
  expect(unknownTimes(short, written).deadline).toBe(written + 24 * HOUR_MS);
});

test("what an archive run that died left is deleted as early, and must be gone when its own class's archive would be", () => {
  const policy = policyOf("P60D", "P1D");
  const written = Date.UTC(2027, 0, 10, 3);
  const captured = Date.UTC(2027, 0, 9);
  const leftover = { class: "c0", businessDate: "2027-01-09" };
  expect(leftoverTimes(policy, leftover, written)).toEqual({
    deleteAt: unknownTimes(policy, written).deleteAt,
    lockedUntilMax: captured + (60 * 24 - 12) * HOUR_MS,
    deadline: captured + 60 * 24 * HOUR_MS,
  });
  // A name cannot make it younger than its store says, nor be of a class that the policy does not know.
  expect(leftoverTimes(policy, { ...leftover, businessDate: "2099-01-01" }, written).deadline).toBe(
    written + 60 * 24 * HOUR_MS,
  );
  const { deleteAt, deadline } = unknownTimes(policy, written);
  for (const unknown of [undefined, { ...leftover, class: "c9" }])
    expect(leftoverTimes(policy, unknown, written)).toEqual({ deleteAt, deadline, lockedUntilMax: deleteAt });
});

test("of two classes that end together the first one is named", () => {
  expect(endsFirst(policyOf("P60D", "P30D", "P30D"), Date.UTC(2027, 0, 5)).name).toBe("c1");
});

test("which class that is depends on the day", () => {
  const policy = policyOf("P1M", "P30D");
  expect(endsFirst(policy, Date.UTC(2027, 0, 5)).name).toBe("c1");
  expect(endsFirst(policy, Date.UTC(2027, 1, 5)).name).toBe("c0");
});
