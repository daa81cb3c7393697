import fc from "fast-check";
import { expect, test } from "vitest";
import { diffTables } from "../../../lib/engine/diff/diff-tables.ts";
import type { TableSide } from "../../../lib/engine/diff/layer-rows.ts";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import type { TableDifference } from "../../../lib/model/difference.ts";
import type { Layer } from "../../../lib/model/point.ts";
import { counting } from "../../faults/counting.ts";
import { manualClock } from "../../faults/manual-clock.ts";
import { expectedDifference, factsOf, type Item, type Items, itemsFrom, TableWriter } from "./tables.ts";

const RUNS = 80;
const IDS = 400;

const options = (samplesMax = 1000) => ({ samplesMax, onRows: () => {}, signal: new AbortController().signal });
const diff = (a: TableSide, b: TableSide, samplesMax?: number) => diffTables(a, b, options(samplesMax));

/** The ids a comparison found, by kind. */
const found = ({ samples, columnsChanged }: TableDifference) => {
  const ids = (kind: readonly { readonly key: Readonly<Record<string, string | null>> }[]) =>
    kind.map(({ key }) => Number(key.id));
  return {
    missing: ids(samples.missing),
    extra: ids(samples.extra),
    changed: ids(samples.changed),
    columnsChanged,
  };
};

const item: fc.Arbitrary<Item> = fc.record({
  name: fc.constantFrom(null, "", "a", "é", "item"),
  quantity: fc.integer({ min: 0, max: 2 }),
});
const id = fc.integer({ min: -20, max: IDS });
/** A step of a table's life: rows written (null is a delete), and ids that the delta names without a change. */
const step = fc.record({
  writes: fc.array(fc.tuple(id, fc.option(item)), { maxLength: 40 }),
  touched: fc.array(id, { maxLength: 10 }),
});
const steps = fc.array(step, { maxLength: 4 });
const start = fc.dictionary(fc.nat(IDS).map(String), item, { maxKeys: 300, size: "max" });

const startItems = (rows: Record<string, Item>): Items =>
  new Map(Object.entries(rows).map(([key, value]) => [Number(key), value]));

interface State {
  readonly items: Items;
  readonly layers: readonly Layer[];
}

/** Writes one delta per step on top of a state. */
const live = async (writer: TableWriter, from: State, life: StepList): Promise<State> => {
  let { items, layers } = from;
  for (const { writes, touched } of life) {
    const after = new Map(items);
    for (const [key, value] of writes) {
      if (value === null) after.delete(key);
      else after.set(key, value);
    }
    layers = [...layers, await writer.delta(items, after, touched)];
    items = after;
  }
  return { items, layers };
};

type StepList = readonly {
  readonly writes: readonly (readonly [number, Item | null])[];
  readonly touched: readonly number[];
}[];

const sideOf = (writer: TableWriter, { items, layers }: State): TableSide => writer.side(layers, items.size);

/** A comparison's counts and samples in the words of `expectedDifference`. */
const summary = (difference: TableDifference) => {
  const { comparedBy, missing, extra, changed } = difference;
  return { ...found(difference), comparedBy, counts: [missing, extra, changed] };
};

const expectedSummary = (a: Items, b: Items) => {
  const expected = expectedDifference(a, b);
  const { missing, extra, changed } = expected;
  return { ...expected, comparedBy: "key", counts: [missing.length, extra.length, changed.length] };
};

test("two points of one chain, or of two branches of it, differ as their rows do", async () => {
  await fc.assert(
    fc.asyncProperty(start, steps, steps, steps, async (rows, trunk, left, right) => {
      const writer = new TableWriter(memoryStore(manualClock()), factsOf());
      const items = startItems(rows);
      const shared = await live(writer, { items, layers: [await writer.base(items)] }, trunk);
      const a = await live(writer, shared, left);
      const b = await live(writer, shared, right);
      expect(summary(await diff(sideOf(writer, a), sideOf(writer, b)))).toEqual(expectedSummary(a.items, b.items));
    }),
    { numRuns: RUNS },
  );
});

test("two points with bases of their own differ as their rows do", async () => {
  await fc.assert(
    fc.asyncProperty(start, steps, steps, steps, async (rows, between, left, right) => {
      const writer = new TableWriter(memoryStore(manualClock()), factsOf());
      const items = startItems(rows);
      const later = await live(writer, { items, layers: [] }, between);
      const a = await live(writer, { items, layers: [await writer.base(items)] }, left);
      const b = await live(writer, { items: later.items, layers: [await writer.base(later.items)] }, right);
      expect(summary(await diff(sideOf(writer, a), sideOf(writer, b)))).toEqual(expectedSummary(a.items, b.items));
    }),
    { numRuns: RUNS },
  );
});

test("neighbours in a chain are compared without opening a chunk of the base that no change falls into", async () => {
  const store = counting(memoryStore(manualClock()));
  const writer = new TableWriter(store, factsOf());
  const before = itemsFrom(0, 6000);
  const base = await writer.base(before);
  expect(base.pages.length).toBeGreaterThan(5);
  const after = new Map(before).set(3000, { name: "changed", quantity: 1 });
  const delta = await writer.delta(before, after, [3001]);
  store.reset();
  const difference = await diff(writer.side([base], 6000), writer.side([base, delta], 6000));
  expect(difference).toMatchObject({ missing: 0, extra: 0, changed: 1 });
  // Page and chunk of the delta; page of the base and at most two chunks of it, as the two keys are neighbours.
  expect(store.counts.get.calls).toBeGreaterThanOrEqual(4);
  expect(store.counts.get.calls).toBeLessThanOrEqual(5);
});

test("equal points, and inserts before the first and behind the last key, read nothing of the base", async () => {
  const store = counting(memoryStore(manualClock()));
  const writer = new TableWriter(store, factsOf());
  const before = itemsFrom(0, 3000);
  const after = itemsFrom(-10, 3010);
  const base = await writer.base(before);
  const delta = await writer.delta(before, after);
  store.reset();
  expect(await diff(writer.side([base], 3000), writer.side([base], 3000))).toMatchObject({ comparedBy: "key" });
  expect(store.counts.get.calls).toBe(0);
  expect(await diff(writer.side([base], 3000), writer.side([base, delta], 3020))).toMatchObject({ extra: 20 });
  expect(store.counts.get.calls).toBe(delta.pages.reduce((sum, page) => sum + page.chunks, delta.pages.length));
});

test("deltas that both sides have are read only where a later change falls into them", async () => {
  const store = counting(memoryStore(manualClock()));
  const writer = new TableWriter(store, factsOf());
  const first = itemsFrom(0, 3000);
  const second = new Map([...first, ...itemsFrom(1000, 3000, () => 1)]);
  const third = new Map(second).set(7, { name: "changed", quantity: 7 });
  const shared = [await writer.base(first), await writer.delta(first, second)];
  const layers = [...shared, await writer.delta(second, third)];
  store.reset();
  const difference = await diff(writer.side(shared, 3000), writer.side(layers, 3000));
  expect(found(difference)).toMatchObject({ missing: [], extra: [], changed: [7] });
  // Page and chunk of the last delta, page and chunk of the base.
  expect(store.counts.get.calls).toBe(4);
});

test("two deltas that only delete are not the same delta", async () => {
  const writer = new TableWriter(memoryStore(manualClock()), factsOf());
  const before = itemsFrom(0, 100);
  const base = await writer.base(before);
  const [left, right] = [new Map(before), new Map(before)];
  left.delete(10);
  right.delete(20);
  const sides = [await writer.delta(before, left), await writer.delta(before, right)] as const;
  const difference = await diff(writer.side([base, sides[0]], 99), writer.side([base, sides[1]], 99));
  expect(found(difference)).toMatchObject({ missing: [20], extra: [10], changed: [] });
});

test("bases of their own are compared by opening only the chunks around what differs", async () => {
  const store = counting(memoryStore(manualClock()));
  const writer = new TableWriter(store, factsOf());
  const before = itemsFrom(0, 6000);
  const after = new Map(before).set(3000, { name: "changed", quantity: 1 });
  after.delete(5000);
  const bases = [await writer.base(before), await writer.base(after)] as const;
  const touching = await writer.delta(before, before, [10]);
  const pages = bases[0].pages.length + bases[1].pages.length;
  store.reset();
  const difference = await diff(writer.side([bases[0]], 6000), writer.side([bases[1]], 5999));
  expect(found(difference)).toMatchObject({ missing: [5000], extra: [], changed: [3000] });
  // Every page once to find what is shared; then the two pages and a few chunks around each of two places, on both sides.
  expect(store.counts.get.calls).toBeLessThanOrEqual(pages + 2 * 2 * 6);
  store.reset();
  await diff(writer.side([bases[0], touching], 6000), writer.side([bases[1]], 5999));
  // The delta's keys and rows once each, and the chunk on each side into which its key falls.
  expect(store.counts.get.calls).toBeGreaterThan(pages + 4);
  expect(store.counts.get.calls).toBeLessThanOrEqual(pages + 2 * 3 * 6 + 3);
});

test("a changed row is shown with its key and each differing column's values, and NULL is not the empty text", async () => {
  const writer = new TableWriter(memoryStore(manualClock()), factsOf());
  const before = new Map<number, Item>([
    [1, { name: null, quantity: 1 }],
    [2, { name: "", quantity: 2 }],
    [3, { name: "gone", quantity: 3 }],
  ]);
  const after = new Map<number, Item>([
    [1, { name: "", quantity: 1 }],
    [2, { name: null, quantity: 20 }],
    [4, { name: null, quantity: 4 }],
  ]);
  const base = await writer.base(before);
  const delta = await writer.delta(before, after);
  const difference = await diff(writer.side([base], 3), writer.side([base, delta], 3));
  expect(difference.columnsChanged).toEqual([
    { name: "name", rows: 2 },
    { name: "quantity", rows: 1 },
  ]);
  expect(difference.samples).toEqual({
    missing: [{ key: { id: "3" }, row: { id: "3", name: "gone", quantity: "3" } }],
    extra: [{ key: { id: "4" }, row: { id: "4", name: null, quantity: "4" } }],
    changed: [
      { key: { id: "1" }, columns: [{ name: "name", a: null, b: "" }] },
      {
        key: { id: "2" },
        columns: [
          { name: "name", a: "", b: null },
          { name: "quantity", a: "2", b: "20" },
        ],
      },
    ],
  });
});

test("no more samples are kept than were asked for, and long texts are cut", async () => {
  const writer = new TableWriter(memoryStore(manualClock()), factsOf());
  const after = new Map([...itemsFrom(0, 50)]).set(0, { name: "x".repeat(5000), quantity: 0 });
  const sides = [writer.side([await writer.base(new Map())], 0), writer.side([await writer.base(after)], 50)] as const;
  const difference = await diff(...sides, 3);
  expect(difference.extra).toBe(50);
  expect(difference.samples.extra.length).toBe(3);
  expect(difference.samples.extra[0]?.row.name).toBe(`${"x".repeat(400)}… (5000 characters)`);
});

test("fails when the differences do not add up to the rows that the two sides say they have", async () => {
  const writer = new TableWriter(memoryStore(manualClock()), factsOf());
  const base = await writer.base(itemsFrom(0, 20));
  const delta = await writer.delta(itemsFrom(0, 20), itemsFrom(0, 30));
  await expect(diff(writer.side([base], 20), writer.side([base, delta], 29))).rejects.toMatchObject({
    code: "DIGEST_MISMATCH",
  });
});

test("fails with the signal's reason when it is aborted", async () => {
  const writer = new TableWriter(memoryStore(manualClock()), factsOf());
  const sides = [await writer.base(itemsFrom(0, 10)), await writer.base(itemsFrom(0, 20))] as const;
  const stopped = { ...options(), signal: AbortSignal.abort(new Error("stopped")) };
  await expect(diffTables(writer.side([sides[0]], 10), writer.side([sides[1]], 20), stopped)).rejects.toThrow(
    "stopped",
  );
});
