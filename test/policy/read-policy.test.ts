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
    notices: [
      {
        line: 1,
        column: 1,
        path: "approvals.holds",
        message: "nothing can be held: a hold needs two people, name at least two",
      },
      {
        line: 1,
        column: 1,
        path: "notify",
        message: "alarms are told by output and exit status alone: no webhook is named",
      },
    ],
  });
});

const FULL = `version: 1
controller: Example Shop
timeZone: UTC
databases: [stock, { name: shop, urlFrom: SHOP_URL }]
classes:
  money:
    tables: ["*"]
    max: P12Y
    min: { term: P10Y, from: end of year }
    purpose: bookkeeping
    legalBasis: section 147(3) AO
    role: reads_money
    archive: { monthly: P2Y, yearly: P12Y }
    lock: { mode: compliance, term: P30D }
verification: { at: "02:30", readAllWithin: P14D, drillEvery: P1M }
approvals: { holds: [counsel, officer] }
notify: { webhookFrom: SHOP_ALARMS }
`;

test("a policy says everything that it may", () => {
  const read = readPolicy(FULL);
  expect(read).toMatchObject({ notices: [] });
  expect(read).toMatchObject({
    policy: {
      databases: ["stock", "shop"],
      sources: [{ database: "shop", urlFrom: "SHOP_URL" }],
      classes: [
        {
          name: "money",
          role: "reads_money",
          min: { term: { unit: "years", count: 10 }, from: "end of year" },
          archive: { monthly: { unit: "years", count: 2 }, yearly: { unit: "years", count: 12 } },
          lock: { mode: "compliance", term: { unit: "days", count: 30 } },
        },
      ],
      verification: {
        at: "02:30",
        readAllWithin: { unit: "days", count: 14 },
        drillEvery: { unit: "months", count: 1 },
      },
      holders: ["counsel", "officer"],
      notify: { webhookFrom: "SHOP_ALARMS" },
    },
  });
});

test("what a policy does not say is not there, not undefined: it is recorded as JSON", () => {
  for (const text of [GOOD, FULL]) {
    const read = readPolicy(text);
    expect(JSON.parse(JSON.stringify(read))).toStrictEqual(read);
  }
});

test("a minimum counts from the capture where it says so, or does not say from what", () => {
  expect(readPolicy(FULL.replace("end of year", "capture"))).toMatchObject({
    policy: { classes: [{ min: { from: "capture" } }] },
  });
  expect(readPolicy(FULL.replace(", from: end of year", ""))).toMatchObject({
    policy: { classes: [{ min: { from: "capture" } }] },
  });
});

test.each([
  [
    "a URL for a database",
    "[stock,",
    '["postgres://app:secret@db/shop",',
    "4:13 databases.0: expected the name of a database; for its URL write { name: shop, urlFrom: SHOP_URL } and set that variable",
  ],
  [
    "a URL for a database's name",
    "name: shop",
    'name: "postgres://app:secret@db/shop"',
    "4:22 databases.1.name: expected the name of a database; for its URL write { name: shop, urlFrom: SHOP_URL } and set that variable",
  ],
  [
    "a URL in place of the variable that holds it",
    "urlFrom: SHOP_URL",
    'urlFrom: "postgres://app:secret@db/shop"',
    "4:34 databases.1.urlFrom: expected the name of an environment variable, as SHOP_URL, not what it holds",
  ],
  [
    "a database with a field that there is not",
    "urlFrom: SHOP_URL",
    "urlFrom: SHOP_URL, password: secret",
    "4:53 databases.1.password: there is no such field: check its name",
  ],
  ["a database that is a number", "[stock,", "[7,", "4:13 databases.0: expected string"],
  [
    "a database that names no variable",
    "urlFrom: SHOP_URL",
    "",
    "4:20 databases.1.urlFrom: is missing; expected string",
  ],
  [
    "a webhook's URL in place of the variable that holds it",
    "webhookFrom: SHOP_ALARMS",
    'webhookFrom: "https://hooks.example/secret"',
    "17:11 notify.webhookFrom: expected the name of an environment variable, as SHOP_WEBHOOK, not what it holds",
  ],
  [
    "a time that no clock shows",
    '"02:30"',
    '"24:00"',
    '15:17 verification.at: expected a time of the day in quotes, as "04:00"',
  ],
  [
    "a time with more to it",
    '"02:30"',
    '"02:30:15"',
    '15:17 verification.at: expected a time of the day in quotes, as "04:00"',
  ],
  [
    "a time with more before it",
    '"02:30"',
    '"a02:30"',
    '15:17 verification.at: expected a time of the day in quotes, as "04:00"',
  ],
  [
    "a variable with a blank",
    "SHOP_ALARMS",
    "SHOP ALARMS",
    "17:11 notify.webhookFrom: expected the name of an environment variable, as SHOP_WEBHOOK, not what it holds",
  ],
  [
    "an archive of no schedule",
    "{ monthly: P2Y, yearly: P12Y }",
    "{}",
    "13:5 classes.money.archive: expected at least one of daily, weekly, monthly and yearly, each with how long an archive of it is kept",
  ],
  [
    "a schedule that there is not",
    "monthly: P2Y",
    "hourly: P2Y",
    "13:16 classes.money.archive.hourly: there is no such field: check its name",
  ],
  [
    "a lock of a mode that there is not",
    "mode: compliance",
    "mode: strict",
    '14:13 classes.money.lock.mode: Invalid option: expected one of "governance"|"compliance"',
  ],
  [
    "a minimum that the maximum cuts short",
    "max: P12Y",
    "max: P11Y",
    "9:5 classes.money.min: a minimum of P10Y from the end of the year is cut short by the maximum of P11Y: a capture of 2027-12-31 would be deleted 2 days too early; give a longer max, and an archive that is kept as long",
  ],
  [
    "a minimum that the archive cuts short",
    "yearly: P12Y",
    "yearly: P10Y",
    "13:30 classes.money.archive.yearly: a minimum of P10Y from the end of the year is cut short by an archive that is kept for P10Y: a capture of 2029-12-31 would be deleted 368 days too early; give a longer term",
  ],
])("%s is found at its place, and nothing secret is repeated", (_, good, bad, expected) => {
  const text = FULL.replace(good, bad);
  expect(text).not.toBe(FULL);
  const found = problems(text);
  expect(found).toContain(expected);
  expect(found.join()).not.toContain("secret");
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

test("no class, and a class without a table, say what is missing", () => {
  const [head = ""] = GOOD.split("classes:");
  expect(problems(`${head}classes: {}\n`)).toEqual(["5:1 classes: expected at least one class"]);
  expect(problems(GOOD.replace('["*"]', "[]"))).toEqual(["12:5 classes.other.tables: expected at least one table"]);
});

test.each(["public.a", "shop:public.a", "*", "*.a", "s*:*.*", "Public.With Blank"])("%s names tables", (pattern) => {
  expect(problems(GOOD.replace('["*"]', JSON.stringify([pattern])))).toEqual([]);
});

test.each(["a", "**", "x*", "*x", "a:b:c.d", ":a.b", "a.b:c.d", "shop:a", "a.", ".a", "a.b:"])(
  "%s names none",
  (pattern) => {
    expect(problems(GOOD.replace('["*"]', JSON.stringify([pattern])))).toEqual([
      "12:14 classes.other.tables.0: expected schema.table or database:schema.table; * stands for anything",
    ]);
  },
);

test.each([
  ["a name of 40 characters", "a".repeat(40), true],
  ["one of 41", "a".repeat(41), false],
  ["a name with a slash", "a/b", false],
  ["a name that ends with a space", "'a '", false],
])("%s is a class's, or is not", (_, name, isOne) => {
  expect(problems(GOOD.replace("  other:", `  ${name}:`))).toHaveLength(isOne ? 0 : 1);
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
