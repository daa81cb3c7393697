import { expect, test } from "vitest";
import { readTerm, writeTerm } from "../../lib/policy/term.ts";

test.each([
  ["PT20H", "hours", 20],
  ["P14D", "days", 14],
  ["P4W", "weeks", 4],
  ["P6M", "months", 6],
  ["P10Y", "years", 10],
  ["P100Y", "years", 100],
  ["P18M", "months", 18],
  ["P12W", "weeks", 12],
  ["P1200M", "months", 1200],
  ["PT878400H", "hours", 878_400],
] as const)("%s is a term, and is written as it was read", (text, unit, count) => {
  expect(readTerm(text)).toEqual({ unit, count });
  expect(writeTerm({ unit, count })).toBe(text);
});

test.each([
  "",
  "P",
  "14D",
  "P0D",
  "P-1D",
  "P1.5D",
  "P1Y6M",
  "PT5M",
  "P1H",
  "P14d",
  "P101Y",
  "P1201M",
  "PT878401H",
  "P999999D",
  " P14D",
  "P14D\n",
])("%j is none", (text) => {
  expect(readTerm(text)).toBeUndefined();
});
