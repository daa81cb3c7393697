import { expect, test } from "vitest";
import { readPolicy } from "../../lib/policy/read-policy.ts";

const AGED = `version: 1
controller: Example Shop
timeZone: Europe/Copenhagen
databases: [shop]
classes:
  clicks:
    tables: ["*"]
    max: P14D
    rowAge: { column: created_at, max: P10D }
    purpose: finding faults
    legalBasis: Art. 6(1)(f) GDPR
`;

test("a class says by which column its rows leave, and when", () => {
  expect(readPolicy(AGED)).toMatchObject({
    policy: { classes: [{ rowAge: { column: "created_at", max: { unit: "days", count: 10 } } }] },
  });
  expect(JSON.parse(JSON.stringify(readPolicy(AGED)))).toStrictEqual(readPolicy(AGED));
});

test.each([
  ["no column", "column: created_at, ", "", "9:5 classes.clicks.rowAge.column: is missing; expected string"],
  ["a column without a name", "created_at", '" "', "9:15 classes.clicks.rowAge.column: expected some words"],
  ["no age", ", max: P10D", "", "9:5 classes.clicks.rowAge.max: is missing; expected string"],
  [
    "an age that is no term",
    "P10D",
    "P1Y6M",
    "9:35 classes.clicks.rowAge.max: expected an ISO 8601 duration of one unit, as P14D, PT20H, P4W, P6M or P10Y",
  ],
  [
    "an age that ends before its day does",
    "P10D",
    "PT20H",
    "9:35 classes.clicks.rowAge.max: PT20H counts from the beginning of a row's day, so that rows of its last hours would leave at once: give at least P2D",
  ],
  [
    "an archive beside an age",
    "max: P10D }",
    "max: P10D }\n    archive: { daily: P10D }",
    "10:5 classes.clicks.archive: keeps rows past their age: rows of class clicks leave P10D after their day began; leave the archive out, or rowAge",
  ],
])("%s is found at its place", (_, good, bad, expected) => {
  const text = AGED.replace(good, bad);
  expect(text).not.toBe(AGED);
  const read = readPolicy(text);
  const found = "policy" in read ? [] : read.problems;
  expect(found.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`)).toEqual([expected]);
});
