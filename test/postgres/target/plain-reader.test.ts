import { expect, test } from "vitest";
import type { RowSlice, TableFacts } from "../../../lib/model/table.ts";
import { plainReader } from "../../../lib/postgres/target/plain-reader.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";

const server = testServer(18);

const TYPES = { date: 1082, timestamp: 1114, timestamptz: 1184 } as const;

const tableOf = (type: keyof typeof TYPES, slice?: RowSlice): TableFacts => {
  const column = { notNull: false, identity: "" } as const;
  const oids = { typeOid: TYPES[type], wireTypeOid: TYPES[type] };
  return {
    schema: "public",
    name: `by_${type}`,
    oid: 1,
    columns: [
      { ...column, name: "n", type: "integer", typeOid: 23, wireTypeOid: 23 },
      { ...column, name: 'the "at"', type, ...oids },
    ],
    key: undefined,
    format: "binary",
    rowType: "",
    filenode: 0,
    ...(slice === undefined ? {} : { slice }),
  };
};

/** 19 November in Copenhagen, 20 November, and from the 21st on with what has no date. */
const slicesOf = (type: keyof typeof TYPES): readonly [RowSlice, RowSlice, RowSlice] => {
  const starts = ["2026-11-19", "2026-11-20", "2026-11-21"] as const;
  const [first, second, third] = starts.map((day, i) =>
    type === "timestamptz" ? `2026-11-${18 + i}T23:00:00.000Z` : day,
  ) as [string, string, string];
  const column = 'the "at"';
  return [
    { column, day: starts[0], from: first, to: second },
    { column, day: starts[1], from: second, to: third },
    { column, from: third },
  ];
};

const VALUES = {
  date: ["2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21", "infinity", null, "-infinity"],
  timestamp: ["2026-11-18 23:59:59.999999", "2026-11-19", "2026-11-20 23:59:59.999999", "2026-11-21", "infinity", null],
  timestamptz: ["2026-11-18 22:59:59.999999Z", "2026-11-18 23:00Z", "2026-11-20 22:59:59.999999Z", "2026-11-20 23:00Z"],
} as const;

const filled = async (type: keyof typeof TYPES) => {
  const url = await freshDatabase(server);
  const values = VALUES[type].map((value, n) => `(${n}, ${value === null ? "NULL" : `'${value}'`})`).join(", ");
  await query(
    url,
    `CREATE TABLE by_${type} (n integer, "the ""at""" ${type}); INSERT INTO by_${type} VALUES ${values}`,
  );
  return plainReader(url);
};

test.each([
  ["date", [["1"], ["2"], ["3", "4", "5"]], 2],
  ["timestamp", [["1"], ["2"], ["3", "4", "5"]], 1],
  ["timestamptz", [["1"], ["2"], ["3"]], 1],
] as const)(
  "a slice by %s has the rows from its first instant to the last before the next",
  async (type, held, astray) => {
    const reader = await filled(type);
    const slices = slicesOf(type);
    for (const [i, slice] of slices.entries()) {
      const found: (string | null | undefined)[] = [];
      for await (const [n] of reader.rows(tableOf(type, slice))) found.push(n);
      expect(found).toEqual(held[i]);
    }
    expect(await reader.astray(tableOf(type), slices)).toBe(astray);
  },
);

test("rows in no slice and rows in several are astray", async () => {
  const reader = await filled("date");
  const [first, second, third] = slicesOf("date");
  expect(await reader.astray(tableOf("date"), [second, third])).toBe(3);
  expect(await reader.astray(tableOf("date"), [first, second, third, second])).toBe(3);
  expect(await reader.astray(tableOf("date"), [])).toBe(VALUES.date.length);
});
