import { expect, test } from "vitest";
import type { SideDays } from "../../../lib/engine/diff/common-days.ts";
import type { TableSlice } from "../../../lib/engine/diff/layer-rows.ts";
import { pairTables } from "../../../lib/engine/diff/pair-tables.ts";
import { type TableSet, tableSides } from "../../../lib/engine/diff/table-set.ts";
import { layerSource } from "../../../lib/engine/layers.ts";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import { systemClock } from "../../../lib/local/system-clock.ts";
import { dayClass } from "../../../lib/model/row-age.ts";
import type { SourceIdentity } from "../../../lib/model/source.ts";
import { syntheticFacts } from "../synthetic-rows.ts";

const STORE = memoryStore(systemClock);

const sliceOf = (
  className: string,
  name: string,
  oid: number,
  day?: string,
  divided = day !== undefined,
): TableSlice => {
  const own = day === undefined ? { column: "at", from: "9" } : { column: "at", day, from: day, to: `${day}~` };
  const facts = { ...syntheticFacts({ name }), oid, ...(divided ? { slice: own } : {}) };
  const table = { id: `${name}${day}`, facts, rows: 10, taken: "delta", layers: [], ranges: [], cutBits: 10 };
  const part = day === undefined ? className : dayClass(className, day);
  return { source: layerSource(STORE, Buffer.alloc(32), part, table), table };
};

const daysOf = (side: string, days: readonly string[], next: string, gone: readonly string[] = []): SideDays => ({
  side,
  age: {
    column: "at",
    days: days.map((day) => ({ day, startsAt: Date.parse(day) })),
    next: { day: next, startsAt: Date.parse(next) },
  },
  gone: new Set(gone),
});

const setOf = (
  slices: readonly TableSlice[],
  more: Partial<TableSet> & { readonly databaseOid?: number } = {},
): TableSet => ({
  shown: { point: "p", database: "shop", takenAt: 0 },
  identity: { systemIdentifier: "7", databaseOid: more.databaseOid ?? 5 } as SourceIdentity,
  tables: tableSides(slices),
  days: new Map(),
  leftOut: [],
  ...more,
});

const shown = (a: TableSet, b: TableSet) => {
  const { pairs, leftOut } = pairTables(a, b);
  const side = (one: (typeof pairs)[number]["a"]) => one && [one.facts.name, one.slices.length, one.rows];
  return { pairs: pairs.map((pair) => [side(pair.a), side(pair.b), pair.whyNot]), leftOut };
};

test("a table is found by its oid though it was renamed, in another database by its name, and what is on one side alone stays alone", () => {
  const a = [sliceOf("c", "orders", 1), sliceOf("c", "old", 2), sliceOf("c", "dropped", 3)];
  const b = [sliceOf("c", "orders", 1), sliceOf("c", "new", 2), sliceOf("c", "made", 4)];
  expect(shown(setOf(a), setOf(b)).pairs).toEqual([
    [["dropped", 1, 10], undefined, undefined],
    [undefined, ["made", 1, 10], undefined],
    [["old", 1, 10], ["new", 1, 10], undefined],
    [["orders", 1, 10], ["orders", 1, 10], undefined],
  ]);
  const elsewhere = shown(setOf([sliceOf("c", "orders", 1)]), setOf([sliceOf("c", "orders", 9)], { databaseOid: 6 }));
  expect(elsewhere.pairs).toEqual([[["orders", 1, 10], ["orders", 1, 10], undefined]]);
});

test("a class that has left one side is left out of both", () => {
  const gone = { class: "people", days: null, because: "the part has expired" };
  const b = setOf([sliceOf("people", "users", 1), sliceOf("money", "orders", 2)]);
  expect(shown(setOf([sliceOf("money", "orders", 2)], { leftOut: [gone] }), b)).toEqual({
    pairs: [[["orders", 1, 10], ["orders", 1, 10], undefined]],
    leftOut: [gone],
  });
});

test("days that have left one side are left out of both, and told once for all tables of the class", () => {
  const [first, second, third] = ["2026-11-18", "2026-11-19", "2026-11-20"] as const;
  const days = [first, second];
  const of = (name: string, oid: number, own: readonly string[]) => [
    ...own.map((day) => sliceOf("raw", name, oid, day)),
    sliceOf("raw", name, oid, undefined, true),
  ];
  const a = setOf([...of("events", 1, days), ...of("visits", 2, days)], {
    days: new Map([["raw", daysOf("point a", days, third)]]),
  });
  const b = setOf([...of("events", 1, [second]), ...of("visits", 2, [second])], {
    days: new Map([["raw", daysOf("point b", days, third, [first])]]),
  });
  expect(shown(a, b)).toEqual({
    pairs: [
      [["events", 2, 20], ["events", 2, 20], undefined],
      [["visits", 2, 20], ["visits", 2, 20], undefined],
    ],
    leftOut: [{ class: "raw", days: { first, last: first }, because: "they have left point b" }],
  });
});

test("a table that is divided on one side only cannot be compared, and says so; one that is new counts by its class's days", () => {
  const days = daysOf("point a", ["2026-11-18"], "2026-11-19");
  const divided = setOf([sliceOf("raw", "events", 1, "2026-11-18")], { days: new Map([["raw", days]]) });
  const whole = setOf([sliceOf("raw", "events", 1)]);
  expect(shown(divided, whole).pairs).toEqual([
    [["events", 1, 10], ["events", 1, 10], "its rows are divided by age on one side only"],
  ]);
  const empty = setOf([], { days: new Map([["raw", days]]) });
  expect(shown(empty, divided).pairs).toEqual([[undefined, ["events", 1, 10], undefined]]);
  const gone = setOf([], { days: new Map([["raw", { ...days, gone: new Set(["2026-11-18"]) }]]) });
  expect(shown(gone, divided).pairs).toEqual([[undefined, ["events", 0, 0], undefined]]);
});
