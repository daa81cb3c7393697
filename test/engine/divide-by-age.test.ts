import { expect, test } from "vitest";
import { divideByAge } from "../../lib/engine/divide-by-age.ts";
import type { RowAge } from "../../lib/model/row-age.ts";
import type { TableColumn, TableFacts } from "../../lib/model/table.ts";
import type { AgeQuery, RangeDigest } from "../../lib/ports/source-database.ts";
import { syntheticFacts } from "./synthetic-rows.ts";

const TYPES = { date: 1082, timestamp: 1114, timestamptz: 1184, text: 25 } as const;

const dated = (type: keyof typeof TYPES): TableFacts => {
  const facts = syntheticFacts({ name: "events" });
  const column: TableColumn = {
    name: "at",
    type,
    typeOid: TYPES[type],
    wireTypeOid: TYPES[type],
    notNull: false,
    identity: "",
  };
  return { ...facts, columns: [...facts.columns, column] };
};

/** Copenhagen's winter: a day begins an hour before UTC's. */
const AGE: RowAge = {
  column: "at",
  days: [
    { day: "2026-11-19", startsAt: Date.parse("2026-11-18T23:00:00Z") },
    { day: "2026-11-20", startsAt: Date.parse("2026-11-19T23:00:00Z") },
  ],
  next: { day: "2026-11-21", startsAt: Date.parse("2026-11-20T23:00:00Z") },
};

const digestOf = (rows: number): RangeDigest => ({ rows, sum: BigInt(rows), changedRows: 0, changedSum: 0n });

/** @param rows  before the first day, of each day, of no day yet */
const divide = async (facts: TableFacts, rows: readonly number[], age = AGE) => {
  const asked: AgeQuery[] = [];
  const warnings: string[] = [];
  const found = { facts, size: { rows: 1000, bytes: 1000, clustered: true }, class: "raw" };
  const divided = await divideByAge(
    {
      view: {
        ageDigests: (query) => {
          asked.push(query);
          return Promise.resolve(rows.map(digestOf));
        },
      },
      ages: new Map([["raw", age]]),
      roles: new Map([["raw", "reader"]]),
      seedOf: (name) => Promise.resolve(`seed of ${name}`),
      since: "700",
      warn: (message) => void warnings.push(message),
    },
    [found, { ...found, class: "plain" }],
  );
  return { asked, warnings, divided, found };
};

test("a day that has rows is a slice of its own, rows of no day yet are one though there are none, and a class without an age stays whole", async () => {
  const { divided, found, warnings } = await divide(dated("date"), [0, 30, 0, 0]);
  expect(divided.map((table) => [table.class, table.facts.slice, table.size.rows, table.digest?.rows])).toEqual([
    ["raw_2026-11-19", { column: "at", day: "2026-11-19", from: "2026-11-19", to: "2026-11-20" }, 30, 30],
    // Never believed without being read: a table that was truncated has no rows either.
    ["raw", { column: "at", from: "2026-11-21" }, 0, undefined],
    ["plain", undefined, 1000, undefined],
  ]);
  expect(divided[2]?.facts).toBe(found.facts);
  expect(warnings).toEqual([]);
});

test.each([
  ["timestamptz", ["2026-11-18T23:00:00.000Z", "2026-11-19T23:00:00.000Z", "2026-11-20T23:00:00.000Z"]],
  ["timestamp", ["2026-11-19", "2026-11-20", "2026-11-21"]],
  ["date", ["2026-11-19", "2026-11-20", "2026-11-21"]],
] as const)(
  "borders of a %s are what its values mean, asked of the server in one scan by the class's rights and seed",
  async (type, starts) => {
    const { asked } = await divide(dated(type), [0, 1, 1, 1]);
    expect(asked.map(({ table: _, ...query }) => query)).toEqual([
      { role: "reader", column: "at", starts, seed: "seed of raw", since: "700" },
    ]);
  },
);

test("rows over their age are told, and count when sizes are shared out", async () => {
  const { warnings, divided } = await divide(dated("date"), [500, 250, 0, 250]);
  expect(warnings).toEqual([
    "table public.events: 500 rows are from before 2026-11-19 and not captured: class raw does not keep them so long",
  ]);
  expect(divided.map(({ size }) => size.bytes)).toEqual([250, 250, 1000]);
});

test("an empty table, and an age without a day, divide into rows of no day yet alone", async () => {
  const { divided, warnings } = await divide(dated("date"), [4, 0], { ...AGE, days: [] });
  expect(divided.map((table) => [table.class, table.size.bytes])).toEqual([
    ["raw", 0],
    ["plain", 1000],
  ]);
  expect(warnings[0]).toContain("4 rows are from before 2026-11-21");
});

test("a table without the column, or with one that is no date, is refused before the server is asked", async () => {
  await expect(divide(dated("text"), [])).rejects.toMatchObject({ code: "ROW_AGE_UNKNOWN" });
  await expect(divide(syntheticFacts({ name: "events" }), [])).rejects.toMatchObject({
    code: "ROW_AGE_UNKNOWN",
    message: "table public.events has no stored column at, by which the rows of class raw leave",
  });
});
