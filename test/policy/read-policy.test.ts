import { expect, test } from "vitest";
import { policyJsonSchema } from "../../lib/policy/policy-schema.ts";
import { readPolicy } from "../../lib/policy/read-policy.ts";

const GOOD = `version: 1
controller: Example Shop
timeZone: Europe/Copenhagen
databases: [shop]
classes:
  personal:
    tables: [public.customers, "public.address*"]
    max: P14D
    purpose: delivering orders
    legalBasis: Art. 6(1)(b) GDPR
  other:
    tables: ["*"]
    max: P28D
    purpose: running the shop
    legalBasis: Art. 6(1)(f) GDPR
tiers:
  hot: { every: P1D, window: P28D }
`;

/** `line:column path: message` of every problem. */
const problems = (text: string): readonly string[] => {
  const read = readPolicy(text);
  return "policy" in read
    ? []
    : read.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
};

test("a policy says what it says, and its tiers what they say by themselves", () => {
  expect(readPolicy(GOOD)).toEqual({
    policy: {
      version: 1,
      controller: "Example Shop",
      timeZone: "Europe/Copenhagen",
      databases: ["shop"],
      classes: [
        {
          name: "personal",
          tables: ["public.customers", "public.address*"],
          max: { unit: "days", count: 14 },
          purpose: "delivering orders",
          legalBasis: "Art. 6(1)(b) GDPR",
        },
        {
          name: "other",
          tables: ["*"],
          max: { unit: "days", count: 28 },
          purpose: "running the shop",
          legalBasis: "Art. 6(1)(f) GDPR",
        },
      ],
      hot: { every: { unit: "days", count: 1 }, window: { unit: "days", count: 28 } },
      release: { window: { unit: "days", count: 14 } },
      verification: { at: "04:00", readAllWithin: { unit: "days", count: 7 }, drillEvery: { unit: "days", count: 7 } },
      holders: [],
    },
  });
});

test.each([
  ["a version that is not there", "version: 1\n", "", "1:1 version: expected 1, the only version there is"],
  ["a version of tomorrow", "version: 1", "version: 2", "1:1 version: expected 1, the only version there is"],
  ["no controller", "controller: Example Shop", 'controller: " "', "2:1 controller: expected some words"],
  [
    "a zone that does not exist",
    "Copenhagen",
    "Kopenhagen",
    "3:1 timeZone: expected an IANA time zone, as Europe/Copenhagen, or UTC",
  ],
  [
    "an offset as a zone",
    "Europe/Copenhagen",
    '"+01:00"',
    "3:1 timeZone: expected an IANA time zone, as Europe/Copenhagen, or UTC",
  ],
  ["no database", "[shop]", "[]", "4:1 databases: expected at least one database"],
  [
    "a term of two units",
    "max: P14D",
    "max: P1Y6M",
    "8:5 classes.personal.max: expected an ISO 8601 duration of one unit, as P14D, PT20H, P4W, P6M or P10Y",
  ],
  ["a number for a term", "max: P14D", "max: 14", "8:5 classes.personal.max: expected string"],
  [
    "a field that is missing",
    "    purpose: delivering orders\n",
    "",
    "6:3 classes.personal.purpose: is missing; expected string",
  ],
  [
    "a field that is misspelt",
    "    purpose: delivering",
    "    porpoise: x\n    purpose: delivering",
    "9:5 classes.personal.porpoise: there is no such field: check its name",
  ],
  [
    "a table without its schema",
    "public.customers",
    "customers",
    "7:14 classes.personal.tables.0: expected schema.table or database:schema.table; * stands for anything",
  ],
  [
    "a class with a name that no object may have",
    "  other:",
    "  Other Things:",
    "11:3 classes.Other Things: expected the name of a class as a-z, 0-9 and -, beginning with a letter, at most 40 characters",
  ],
  [
    "a window that a point leaves before the next comes",
    "window: P28D",
    "window: P1D",
    "17:22 tiers.hot.window: a point every P1D that is kept for P1D leaves times without a point: give a longer window",
  ],
  [
    "a table twice in a class",
    "public.customers,",
    "public.customers, public.customers,",
    "7:5 classes.personal.tables: names a table twice: leave one out",
  ],
  [
    "a pattern in two classes",
    "public.customers,",
    '"*",',
    '12:5 classes.other.tables: "*" is in class personal too: leave it in one of them',
  ],
  [
    "YAML that is none",
    "version: 1",
    "version: [1",
    "2:1 : Flow sequence in block collection must be sufficiently indented and end with a ]",
  ],
])("%s is found at its place", (_, good, bad, expected) => {
  const text = GOOD.replace(good, bad);
  expect(text).not.toBe(GOOD);
  expect(problems(text)[0]).toBe(expected);
});

test("every problem is told, in the order of the file", () => {
  const text = GOOD.replace("P14D", "soon").replace("Copenhagen", "Nowhere").replace("Example Shop", '""');
  expect(problems(text).map((problem) => problem.split(":")[0])).toEqual(["2", "3", "8"]);
});

test("problems of one line come in the order of their columns", () => {
  const text = GOOD.replace("{ every: P1D, window: P28D }", "{ window: never, every: always }");
  expect(problems(text).map((problem) => problem.split(" ")[0])).toEqual(["17:10", "17:25"]);
  const swapped = GOOD.replace("{ every: P1D, window: P28D }", "{ every: always, window: never }");
  expect(problems(swapped).map((problem) => problem.split(" ")[0])).toEqual(["17:10", "17:25"]);
});

test.each(["", "# nothing\n", "just words", "- a\n- list\n"])("%j is no policy, and says so", (text) => {
  expect(problems(text)).toEqual([
    "1:1 : expected the fields of a policy: docs/guide/policy.md begins with one to copy",
  ]);
});

test("the JSON Schema names the fields and demands those without a default", () => {
  expect(policyJsonSchema()).toMatchObject({
    properties: { classes: { type: "object" }, tiers: { type: "object" } },
    required: ["version", "controller", "timeZone", "databases", "classes"],
    additionalProperties: false,
  });
});
