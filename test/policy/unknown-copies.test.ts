import { expect, test } from "vitest";
import type { Policy, Term } from "../../lib/model/policy.ts";
import { readTerm } from "../../lib/policy/term.ts";
import { endsFirst, unknownTimes } from "../../lib/policy/unknown-copies.ts";

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

test("which class that is depends on the day", () => {
  const policy = policyOf("P1M", "P30D");
  expect(endsFirst(policy, Date.UTC(2027, 0, 5)).name).toBe("c1");
  expect(endsFirst(policy, Date.UTC(2027, 1, 5)).name).toBe("c0");
});
