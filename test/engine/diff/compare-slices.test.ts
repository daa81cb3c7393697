import fc from "fast-check";
import { expect, test } from "vitest";
import { diffTables } from "../../../lib/engine/diff/diff-tables.ts";
import type { TableSide, TableSlice } from "../../../lib/engine/diff/layer-rows.ts";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import type { Layer } from "../../../lib/model/point.ts";
import type { ObjectStore } from "../../../lib/ports/object-store.ts";
import { counting } from "../../faults/counting.ts";
import { manualClock } from "../../faults/manual-clock.ts";
import { expectedDifference, factsOf, type Item, type Items, itemsFrom, TableWriter } from "./tables.ts";

const DAYS = [undefined, "2026-11-18", "2026-11-19", "2026-11-20"] as const;
const options = { samplesMax: 1000, onRows: () => {}, signal: new AbortController().signal };

/** An item's quantity says which of the days it is of. */
const ofDay = (items: Items, day: number): Items => new Map([...items].filter(([, { quantity }]) => quantity === day));

interface State {
  readonly items: Items;
  /** Of each day that has or had rows. */
  readonly layers: readonly (readonly Layer[] | undefined)[];
}

const EMPTY: State = { items: new Map(), layers: [] };

/** A table whose rows lie in a slice for each day. */
const slicedTable = (store: ObjectStore, key: "keyed" | "no key" = "keyed") => {
  const change = key === "keyed" ? {} : { key: undefined };
  const whole = factsOf(change);
  const writers = DAYS.map((day, i) => {
    const slice = { column: "quantity", from: String(i), ...(day === undefined ? {} : { day, to: String(i + 1) }) };
    return new TableWriter(store, factsOf({ ...change, slice }), `00000000000000a${i}`);
  });
  return {
    /** @param anew  days of which a base is taken */
    async capture(before: State, items: Items, anew: readonly number[] = []): Promise<State> {
      const layers = await Promise.all(
        writers.map(async (writer, day) => {
          const [then, now, chain] = [ofDay(before.items, day), ofDay(items, day), before.layers[day]];
          if (now.size === 0 && day > 0) return undefined;
          if (chain === undefined || anew.includes(day) || key === "no key") return [await writer.base(now)];
          return [...chain, await writer.delta(then, now)];
        }),
      );
      return { items, layers };
    },
    side: ({ items, layers }: State): TableSide => ({
      class: "main",
      facts: whole,
      rows: items.size,
      slices: writers.flatMap((writer, day): readonly TableSlice[] => {
        const own = layers[day];
        return own === undefined ? [] : [writer.slice(own, ofDay(items, day).size)];
      }),
    }),
  };
};

const id = fc.integer({ min: -20, max: 300 });
const item: fc.Arbitrary<Item> = fc.record({
  name: fc.constantFrom(null, "", "a", "item"),
  quantity: fc.nat(DAYS.length - 1),
});
const start = fc.array(fc.tuple(id, item), { maxLength: 200, size: "max" });
const step = fc.record({
  writes: fc.array(fc.tuple(id, fc.option(item)), { maxLength: 40 }),
  anew: fc.subarray([0, 1, 2, 3]),
});
const steps = fc.array(step, { maxLength: 3 });

const after = (items: Items, writes: readonly (readonly [number, Item | null])[]): Items => {
  const next = new Map(items);
  for (const [key, value] of writes) {
    if (value === null) next.delete(key);
    else next.set(key, value);
  }
  return next;
};

test("a table in slices differs as its rows do: one that went from day to day is one that changed", async () => {
  await fc.assert(
    fc.asyncProperty(start, steps, steps, steps, async (rows, trunk, left, right) => {
      const table = slicedTable(memoryStore(manualClock()));
      const live = async (from: State, life: typeof trunk): Promise<State> => {
        let state = from;
        for (const { writes, anew } of life) state = await table.capture(state, after(state.items, writes), anew);
        return state;
      };
      const shared = await live(await table.capture(EMPTY, new Map(rows)), trunk);
      const [a, b] = [await live(shared, left), await live(shared, right)];
      const found = await diffTables(table.side(a), table.side(b), options);
      const ids = (kind: "missing" | "extra" | "changed") => found.samples[kind].map(({ key }) => Number(key.id));
      const { missing, extra, changed, columnsChanged } = expectedDifference(a.items, b.items);
      expect(found).toMatchObject({ comparedBy: "key", columnsChanged });
      expect([ids("missing"), ids("extra"), ids("changed")]).toEqual([missing, extra, changed]);
    }),
    { numRuns: 150 },
  );
});

test("a table without a key in slices is one heap of rows on each side", async () => {
  await fc.assert(
    fc.asyncProperty(start, start, async (rows, more) => {
      const table = slicedTable(memoryStore(manualClock()), "no key");
      const [left, right] = [new Map(rows), new Map([...rows, ...more])];
      const [a, b] = [await table.capture(EMPTY, left), await table.capture(EMPTY, right)];
      const { missing, extra, changed } = expectedDifference(left, right);
      expect(await diffTables(table.side(a), table.side(b), options)).toMatchObject({
        comparedBy: "row",
        missing: missing.length + changed.length,
        extra: extra.length + changed.length,
        changed: 0,
      });
    }),
    { numRuns: 60 },
  );
});

test("days that nothing happened to are not read, and others only where something did", async () => {
  const store = counting(memoryStore(manualClock()));
  const table = slicedTable(store);
  const before = itemsFrom(0, 4000, (id) => Math.floor(id / 1000));
  const first = await table.capture(EMPTY, before);
  const moved = after(before, [[1500, { name: "item 1500", quantity: 3 }]]);
  const second = await table.capture(first, moved);
  const unchanged = { ...second, layers: [first.layers[0], second.layers[1], first.layers[2], second.layers[3]] };
  store.reset();
  const difference = await diffTables(table.side(first), table.side(unchanged), options);
  expect(difference.samples).toEqual({
    missing: [],
    extra: [],
    changed: [{ key: { id: "1500" }, columns: [{ name: "quantity", a: "1", b: "3" }] }],
  });
  // The key that is gone from one day, its row in that day's base; the row's page and chunk in the other.
  expect(store.counts.get.calls).toBe(1 + 2 + 2);
});

test("fails when a row is found in two slices of one side", async () => {
  const table = slicedTable(memoryStore(manualClock()));
  const none = table.side(await table.capture(EMPTY, new Map()));
  const [one, two] = [
    await table.capture(
      EMPTY,
      itemsFrom(0, 20, () => 1),
    ),
    await table.capture(
      EMPTY,
      itemsFrom(3, 4, () => 2),
    ),
  ];
  const b = { ...none, rows: 21, slices: [...table.side(one).slices, ...table.side(two).slices.slice(1)] };
  await expect(diffTables(none, b, options)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
});
