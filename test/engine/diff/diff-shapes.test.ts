import fc from "fast-check";
import { expect, test } from "vitest";
import { chunkEntries } from "../../../lib/engine/diff/base-rows.ts";
import { Columns } from "../../../lib/engine/diff/columns.ts";
import { pairSlices } from "../../../lib/engine/diff/compare-slices.ts";
import { compareUnkeyed } from "../../../lib/engine/diff/compare-unkeyed.ts";
import { diffPresence, diffTables } from "../../../lib/engine/diff/diff-tables.ts";
import type { TableSide, TableSlice } from "../../../lib/engine/diff/layer-rows.ts";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import type { TableColumn } from "../../../lib/model/table.ts";
import type { ObjectStore } from "../../../lib/ports/object-store.ts";
import { counting } from "../../faults/counting.ts";
import { manualClock } from "../../faults/manual-clock.ts";
import { factsOf, frameOf, ID, type Item, itemsFrom, itemTexts, NAME, QUANTITY, TableWriter } from "./tables.ts";

const options = { samplesMax: 10, onRows: () => {}, signal: new AbortController().signal };
const store = () => memoryStore(manualClock());
const OTHER_ID = "00000000000000bb";

const baseOf = async (writer: TableWriter, items: ReadonlyMap<number, Item>): Promise<TableSide> =>
  writer.side([await writer.base(items)], items.size);

const sliceOf = ({ slices: [slice] }: TableSide): TableSlice => slice as TableSlice;

/** A table of rows of texts, in the given order. */
const textsTable = async (writer: TableWriter, rows: readonly (readonly (string | null)[])[]): Promise<TableSide> => {
  const { columns, format } = writer.facts;
  const frames = rows.map((texts) => frameOf(columns, format, texts));
  return writer.side([await writer.frames("base", frames)], rows.length);
};

const DIFFICULT: readonly (readonly [number, Item])[] = [
  [1, { name: null, quantity: 1 }],
  [2, { name: "", quantity: 2 }],
  [3, { name: "a\tb\\c\nd", quantity: 3 }],
  [4, { name: "\\N", quantity: 4 }],
  [5, { name: "né", quantity: 5 }],
];

test("a binary layer and a text layer are compared by their texts: equal rows are equal", async () => {
  const shared = store();
  const items = new Map(DIFFICULT);
  const binary = await baseOf(new TableWriter(shared, factsOf()), items);
  const text = await baseOf(new TableWriter(shared, factsOf({ format: "text" }), OTHER_ID), items);
  expect(await diffTables(binary, text, options)).toMatchObject({
    comparedBy: "key",
    missing: 0,
    extra: 0,
    changed: 0,
  });
  const other = new Map(items).set(2, { name: null, quantity: 2 }).set(3, { name: "a\tb", quantity: 3 });
  const changed = await baseOf(new TableWriter(shared, factsOf({ format: "text" }), OTHER_ID), other);
  const expected = {
    changed: 2,
    columnsChanged: [{ name: "name", rows: 2 }],
    samples: {
      changed: [
        { key: { id: "2" }, columns: [{ name: "name", a: "", b: null }] },
        { key: { id: "3" }, columns: [{ name: "name", a: "a\tb\\c\nd", b: "a\tb" }] },
      ],
    },
  };
  expect(await diffTables(binary, changed, options)).toMatchObject(expected);
  expect(await diffTables(text, changed, options)).toMatchObject(expected);
});

test("columns that came, went or changed type are named, and rows are compared by the columns in common", async () => {
  const shared = store();
  const BIG: TableColumn = { ...QUANTITY, type: "text", typeOid: 25, wireTypeOid: 25 };
  const NOTE: TableColumn = { ...NAME, name: "note" };
  const a = await textsTable(new TableWriter(shared, factsOf()), [
    ["1", "one", "10"],
    ["2", "two", "20"],
  ]);
  const columns = [ID, BIG, NOTE];
  const b = await textsTable(new TableWriter(shared, factsOf({ columns }), OTHER_ID), [
    ["1", "10", null],
    ["2", "21", "n"],
  ]);
  expect(await diffTables(a, b, options)).toMatchObject({
    comparedBy: "key",
    missing: 0,
    extra: 0,
    changed: 1,
    columnsAdded: ["note"],
    columnsDropped: ["name"],
    columnsRetyped: [{ name: "quantity", a: "integer", b: "text" }],
    columnsChanged: [{ name: "quantity", rows: 1 }],
    samples: { changed: [{ key: { id: "2" }, columns: [{ name: "quantity", a: "20", b: "21" }] }] },
  });
});

test.each([
  ["two columns changed places", [ID, QUANTITY, { ...QUANTITY, name: "stock" }], ["quantity", "stock"]],
  [
    "a column's type changed and its bytes did not",
    [ID, { ...QUANTITY, name: "stock" }, { ...QUANTITY, type: "oid", typeOid: 26, wireTypeOid: 26 }],
    ["quantity"],
  ],
])("equal bytes are not equal rows where %s", async (_, columns, names) => {
  const shared = store();
  const stock = [ID, { ...QUANTITY, name: "stock" }, QUANTITY];
  const texts = [...Array(100).keys()].map((id) => [String(id), "-5", "-7"]);
  const [a, b] = [factsOf({ columns: stock }), factsOf({ columns })];
  const frames = texts.map((row) => frameOf(stock, "binary", row));
  const base = await new TableWriter(shared, a).frames("base", frames);
  const again = await new TableWriter(shared, b).frames("base", frames);
  const before = new TableWriter(shared, a).side([base], 100);
  for (const layer of [base, again]) {
    const difference = await diffTables(before, new TableWriter(shared, b).side([layer], 100), options);
    expect(difference).toMatchObject({ comparedBy: "key", missing: 0, extra: 0, changed: 100 });
    expect(difference.columnsChanged.map(({ name }) => name).toSorted()).toEqual(names);
  }
});

test("a table that only one side has counts all of its rows and reads none", async () => {
  const watched = counting(store());
  const side = await baseOf(new TableWriter(watched, factsOf()), itemsFrom(0, 20));
  watched.reset();
  expect(diffPresence("a", side)).toMatchObject({ comparedBy: "presence", missing: 20, extra: 0, b: null });
  expect(diffPresence("b", side)).toMatchObject({ comparedBy: "presence", missing: 0, extra: 20, a: null });
  expect(watched.counts.get.calls).toBe(0);
});

test.each([
  ["the primary key is gone", { key: undefined }],
  ["the primary key has other columns", { key: [{ name: "quantity", position: 2, order: "int4" as const }] }],
  ["the primary key is stored in another form", { key: [{ name: "id", position: 0, order: "send" as const }] }],
])("rows are counted without keys and samples where %s", async (because, change) => {
  const shared = store();
  const a = await baseOf(new TableWriter(shared, factsOf()), itemsFrom(0, 100));
  const items = itemsFrom(1, 103).set(50, { name: "changed", quantity: 150 });
  const b = await baseOf(new TableWriter(shared, factsOf(change), OTHER_ID), items);
  const difference = await diffTables(a, b, options);
  expect(difference).toMatchObject({ comparedBy: "row", because, missing: 2, extra: 4, changed: 0 });
  expect(difference.samples).toEqual({ missing: [], extra: [], changed: [] });
});

const unkeyed = (on: ObjectStore) => new TableWriter(on, factsOf({ key: undefined }));
const rows = fc.array(fc.tuple(fc.constantFrom("1", "2", "3"), fc.constantFrom(null, "", "x"), fc.constant("7")), {
  maxLength: 200,
  size: "max",
});

/** How many rows the first has more than the second, row by row. */
const surplus = (first: readonly unknown[], second: readonly unknown[]): number => {
  const left = second.map((row) => JSON.stringify(row));
  return first.filter((row) => {
    const place = left.indexOf(JSON.stringify(row));
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  }).length;
};

test("tables without a primary key are compared as multisets of rows, in however many passes", async () => {
  await fc.assert(
    fc.asyncProperty(rows, rows, rows, fc.constantFrom(2, 1000), async (common, left, right, digestsMax) => {
      const writer = unkeyed(store());
      const [one, two] = [
        [...common, ...left],
        [...right, ...common],
      ];
      const [a, b] = [await textsTable(writer, one), await textsTable(writer, two)];
      const columns = new Columns(a.facts, b.facts);
      const limits = { digestsMax, partitionsMax: 2 ** 20 };
      const expected = { missing: surplus(one, two), extra: surplus(two, one) };
      expect(await compareUnkeyed(pairSlices(a, b, true), columns, options, limits)).toEqual(expected);
      expect(await diffTables(a, b, options)).toMatchObject({ comparedBy: "row", changed: 0, ...expected });
    }),
    { numRuns: 60 },
  );
});

test("chunks that occur several times cancel out as often as both sides have them", async () => {
  const writer = unkeyed(store());
  const same = (rows: number) => Array.from({ length: rows }, () => ["1", "the same", "1"]);
  const [few, many] = [await textsTable(writer, same(120)), await textsTable(writer, same(400))];
  const ids = new Set<string>();
  for await (const { entry } of chunkEntries(sliceOf(many).source, sliceOf(many).table.layers[0]?.pages ?? []))
    ids.add(entry.id);
  expect(ids.size).toBeLessThan(sliceOf(many).table.layers[0]?.pages[0]?.chunks ?? 0);
  expect(await diffTables(few, many, options)).toMatchObject({ missing: 0, extra: 280 });
  expect(await diffTables(many, few, options)).toMatchObject({ missing: 280, extra: 0 });
});

test("tables without a primary key open only chunks that the other side does not have", async () => {
  const watched = counting(store());
  const writer = unkeyed(watched);
  const texts = [...itemsFrom(0, 3000)].map(([id, item]) => itemTexts(id, item));
  const a = await textsTable(writer, texts);
  const b = await textsTable(writer, [...texts, ["-1", "last", "0"]]);
  watched.reset();
  expect(await diffTables(a, b, options)).toMatchObject({ missing: 0, extra: 1, because: "no primary key" });
  const pages = (sliceOf(a).table.layers[0]?.pages.length ?? 0) + (sliceOf(b).table.layers[0]?.pages.length ?? 0);
  // Pages up to twice to find what is shared, those that hold the last chunk once more, and that chunk on each side.
  expect(watched.counts.get.calls).toBeLessThanOrEqual(2 * pages + 4);
});

test("a table without a primary key that was truncated counts all rows and reads none", async () => {
  const watched = counting(store());
  const writer = unkeyed(watched);
  const a = await textsTable(writer, [["1", "a", "1"]]);
  const b = await textsTable(writer, []);
  watched.reset();
  expect(await diffTables(a, b, options)).toMatchObject({ comparedBy: "row", missing: 1, extra: 0 });
  expect(await diffTables(b, a, options)).toMatchObject({ comparedBy: "row", missing: 0, extra: 1 });
  expect(watched.counts.get.calls).toBe(0);
});

test("a comparison without keys that would take too many passes says so instead of a number", async () => {
  const writer = unkeyed(store());
  const a = await textsTable(
    writer,
    [...itemsFrom(0, 200)].map(([id, item]) => itemTexts(id, item)),
  );
  const b = await textsTable(writer, [["1000", "other", "1"]]);
  const limits = { digestsMax: 10, partitionsMax: 4 };
  const columns = new Columns(a.facts, b.facts);
  expect(await compareUnkeyed(pairSlices(a, b, true), columns, options, limits)).toBeUndefined();
});
