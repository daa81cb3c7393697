import fc from "fast-check";
import { expect, test } from "vitest";
import { KeyList } from "../../lib/engine/key-list.ts";
import type { LaneClass } from "../../lib/engine/lane.ts";
import { LayerCursor, layerCursors, layerSource, Merge } from "../../lib/engine/layers.ts";
import { putPage } from "../../lib/engine/page.ts";
import { readTable, splitsOf } from "../../lib/engine/read-table.ts";
import type { PageRef } from "../../lib/model/point.ts";
import type { RowFormat } from "../../lib/model/table.ts";
import { memoryVault } from "./memory-vault.ts";
import {
  CLASS,
  expectedFrames,
  type Id,
  laneFor,
  partTableOf,
  readAll,
  type TableState,
  takeBase,
  takeDelta,
} from "./synthetic-history.ts";
import { syntheticFacts, syntheticKey } from "./synthetic-rows.ts";

interface Change {
  readonly id: Id;
  /** Undefined deletes the row. */
  readonly body: string | undefined;
}

const bodies = fc.oneof(
  { weight: 20, arbitrary: fc.string({ maxLength: 60 }) },
  // Longer than the longest chunk.
  { weight: 1, arbitrary: fc.nat({ max: 400 }).map((more) => "long ".repeat(400 + more)) },
);
const ids = {
  int8: fc.integer({ min: -400, max: 400 }),
  text: fc.stringMatching(/^[a-c\u00e9\t]{1,5}$/),
} as const;

const histories = (order: "int8" | "text") => {
  const change: fc.Arbitrary<Change> = fc.record({ id: ids[order], body: fc.option(bodies, { nil: undefined }) });
  return fc.record({
    base: fc.array(fc.tuple(ids[order], bodies), { maxLength: 500 }),
    deltas: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.array(change, { maxLength: 60 }) },
        { weight: 1, arbitrary: fc.constant("everything is deleted" as const) },
      ),
      { maxLength: 10 },
    ),
  });
};

const cases = (["binary", "text"] as const).flatMap((format) =>
  (["int8", "text"] as const).map((order) => ({ format, order })),
);

test.each(cases)(
  "a base and up to ten deltas read as the table was at each point ($format rows, $order keys)",
  async ({ format, order }) => {
    await fc.assert(
      fc.asyncProperty(histories(order), fc.integer({ min: 1, max: 6 }), async (history, parts) => {
        const { vault } = await memoryVault();
        const states: TableState[] = [];
        states.push(
          await takeBase(await laneFor(vault, "p0"), "t1", syntheticFacts({ format, order }), new Map(history.base)),
        );
        for (const [i, delta] of history.deltas.entries()) {
          const before = states.at(-1) as TableState;
          const rows = delta === "everything is deleted" ? new Map<Id, string>() : new Map(before.rows);
          for (const { id, body } of delta === "everything is deleted" ? [] : delta) {
            if (body === undefined) rows.delete(id);
            else rows.set(id, body);
          }
          states.push(await takeDelta(await laneFor(vault, `p${i + 1}`), before, rows));
        }
        for (const state of states) {
          const table = partTableOf(state);
          const expected = expectedFrames(state);
          expect((await readAll(vault, table)).equals(expected)).toBe(true);
          const splits = splitsOf(table, parts);
          const pieces = await Promise.all(
            [undefined, ...splits].map((from, i) => readAll(vault, table, { from, to: splits[i] })),
          );
          expect(Buffer.concat(pieces).equals(expected)).toBe(true);
        }
      }),
      { numRuns: 25 },
    );
  },
);

test.each(["binary", "text"] as const)(
  "a table without a key comes back in its own order (%s)",
  async (format: RowFormat) => {
    const { vault } = await memoryVault();
    const rows = new Map(Array.from({ length: 500 }, (_, i) => [(i * 7919) % 1000, `body ${i % 13}`] as const));
    const facts = syntheticFacts({ format, order: undefined });
    const state = await takeBase(await laneFor(vault, "p0"), "t1", facts, rows);
    expect(state.layers[0]).toMatchObject({ rows: 500, sum: "0", goneRows: 0 });
    expect(splitsOf(partTableOf(state), 4)).toEqual([]);
    expect((await readAll(vault, partTableOf(state))).equals(expectedFrames(state))).toBe(true);
  },
);

test("the newest layer wins, also over a key that was deleted and came back", async () => {
  const { vault } = await memoryVault();
  const histories: readonly (readonly [Id, string][])[] = [
    [
      [1, "one"],
      [2, "two"],
      [3, "three"],
    ],
    [
      [1, "one"],
      [3, "three"],
    ],
    [
      [1, "uno"],
      [2, "two again"],
      [3, "three"],
    ],
    [
      [2, "two at last"],
      [4, "four"],
    ],
  ];
  let state = await takeBase(await laneFor(vault, "p0"), "t1", syntheticFacts(), new Map(histories[0]));
  for (const [i, rows] of histories.slice(1).entries()) {
    state = await takeDelta(await laneFor(vault, `p${i + 1}`), state, new Map(rows));
    expect((await readAll(vault, partTableOf(state))).equals(expectedFrames(state))).toBe(true);
  }
  expect(state.layers.map((layer) => [layer.kind, layer.rows, layer.goneRows])).toEqual([
    ["base", 3, 0],
    ["delta", 0, 1],
    ["delta", 2, 0],
    ["delta", 2, 2],
  ]);
});

test("a table of many pages reads the same whole and in ranges, with deltas across every border", async () => {
  const { vault } = await memoryVault();
  const rows = new Map(Array.from({ length: 6_000 }, (_, i) => [2 * i, `body ${i} ${"x".repeat(i % 50)}`] as const));
  let state = await takeBase(await laneFor(vault, "p0"), "t1", syntheticFacts(), rows);
  const borders = splitsOf(partTableOf(state), 5).map((hex) => Number(BigInt.asIntN(63, BigInt(`0x${hex}`))));
  expect(borders).toHaveLength(4);
  const after = new Map<Id, string>(rows);
  for (const [i, border] of borders.entries()) {
    if (i % 2 === 0) after.delete(border);
    else after.set(border, "changed at the border");
    after.set(border - 1, "new before the border").set(border + 1, "new after the border");
  }
  after.set(-5, "before all").set(1_000_001, "after all");
  state = await takeDelta(await laneFor(vault, "p1"), state, after);
  const table = partTableOf(state);
  const expected = expectedFrames(state);
  expect((await readAll(vault, table)).equals(expected)).toBe(true);
  for (const parts of [2, 5, 50]) {
    const splits = splitsOf(table, parts);
    const pieces = [undefined, ...splits].map((from, i) => readAll(vault, table, { from, to: splits[i] }));
    expect(Buffer.concat(await Promise.all(pieces)).equals(expected)).toBe(true);
  }
});

test("reading ahead is bounded: at most a handful of chunks are open, however long the table", async () => {
  const { vault } = await memoryVault();
  const rows = new Map(Array.from({ length: 6_000 }, (_, i) => [i, `body ${i} ${"x".repeat(i % 50)}`] as const));
  const state = await takeBase(await laneFor(vault, "p0"), "t1", syntheticFacts(), rows);
  const table = partTableOf(state);
  expect(table.layers[0]?.pages.length).toBeGreaterThan(4);
  let got = 0;
  const store = {
    ...vault.hot,
    get: (name: string) => {
      got += name.startsWith("chunks/") ? 1 : 0;
      return vault.hot.get(name);
    },
  };
  const { namingSecret } = await vault.classSecret(CLASS);
  let pulled = 0;
  for await (const _ of readTable(layerSource(store, namingSecret, CLASS, table), table)) {
    pulled += 1;
    expect(got - pulled).toBeLessThanOrEqual(3);
  }
  expect(pulled).toBeGreaterThan(200);
});

/** Every row is a chunk of its own, large enough to be freed at its last use. */
const largeRows = async (layers: number) => {
  const { vault } = await memoryVault();
  const body = (id: number, layer: number): string => `${layer} ${id} `.repeat(20_000 + 1_000 * (id % 7));
  let rows = new Map<Id, string>(Array.from({ length: 24 }, (_, i) => [2 * i, body(2 * i, 0)]));
  let state = await takeBase(await laneFor(vault, "p0"), "t1", syntheticFacts(), rows);
  for (let layer = 1; layer < layers; layer++) {
    rows = new Map(rows);
    rows.delete(2 * layer);
    for (const id of [0, 7 * layer, 11 + layer, 2 * layer + 10, 47]) rows.set(id, body(id, layer));
    state = await takeDelta(await laneFor(vault, `p${layer}`), state, rows);
  }
  return { vault, state };
};

test("rows that are freed at their last use are read before it, whatever layer they are of", async () => {
  const { vault, state } = await largeRows(6);
  const table = partTableOf(state);
  expect((await readAll(vault, table)).equals(expectedFrames(state))).toBe(true);
  const splits = splitsOf(table, 3);
  const pieces = [undefined, ...splits].map((from, i) => readAll(vault, table, { from, to: splits[i] }));
  expect(Buffer.concat(await Promise.all(pieces)).equals(expectedFrames(state))).toBe(true);
});

test("a cursor frees the rows of a chunk when it comes to the next, and the last when it ends", async () => {
  const { vault, state } = await largeRows(1);
  const { namingSecret } = await vault.classSecret(CLASS);
  const source = layerSource(vault.hot, namingSecret, CLASS, partTableOf(state));
  for (const to of [undefined, syntheticKey(20).toString("hex")]) {
    const pages = state.layers[0]?.pages ?? [];
    const cursor = new LayerCursor(source, pages, { rank: 0, gone: false, withRows: true, range: { to } });
    const seen = new Set<Buffer>();
    for (let more = await cursor.next(); more; more = await cursor.next()) {
      seen.add(cursor.entry().frames as Buffer);
      const held = [...seen].filter((frames) => frames.length > 0);
      if (held.length !== 1 || held[0] !== cursor.entry().frames) expect.unreachable(`${held.length} chunks are held`);
    }
    expect(seen.size).toBe(to === undefined ? 24 : 10);
    expect([...seen].filter((frames) => frames.length > 0)).toHaveLength(0);
  }
});

test("layers merge the same however few of their keys are held at once", async () => {
  await fc.assert(
    fc.asyncProperty(histories("text"), fc.integer({ min: 1, max: 2_000 }), async (history, keyBytesMax) => {
      const { vault } = await memoryVault();
      let state = await takeBase(
        await laneFor(vault, "p0"),
        "t1",
        syntheticFacts({ order: "text" }),
        new Map(history.base),
      );
      for (const [i, delta] of history.deltas.entries()) {
        const rows = delta === "everything is deleted" ? new Map<Id, string>() : new Map(state.rows);
        for (const { id, body } of delta === "everything is deleted" ? [] : delta)
          if (body === undefined) rows.delete(id);
          else rows.set(id, body);
        state = await takeDelta(await laneFor(vault, `p${i + 1}`), state, rows);
      }
      const { namingSecret } = await vault.classSecret(CLASS);
      const source = layerSource(vault.hot, namingSecret, CLASS, partTableOf(state));
      const [from, to] = [syntheticKey("ab").toString("hex"), syntheticKey("bé").toString("hex")];
      for (const range of [{}, { from }, { to }, { from, to }]) {
        const merged = async (most?: { keyBytesMax: number }): Promise<readonly string[]> => {
          const cursors = layerCursors(source, state.layers, { withRows: true, range, firstRank: 0, ...most });
          const merge = new Merge(cursors);
          const entries: string[] = [];
          while (await merge.next()) {
            const { keys, index, frames, frameStart, frameEnd } = merge.current.entry();
            const row = frames?.toString("hex", frameStart, frameEnd) ?? "gone";
            entries.push(`${merge.current.rank} ${keys.key(index).toString("hex")} ${row}`);
          }
          return entries;
        };
        expect(await merged({ keyBytesMax })).toEqual(await merged());
      }
    }),
    { numRuns: 25 },
  );
});

test("cursors of many layers hold no more keys together than one merge may", async () => {
  const { vault } = await memoryVault();
  const { partKey, namingSecret } = (await laneFor(vault, "p0")).classes.get(CLASS) as LaneClass;
  const place = { class: CLASS, table: "t1", pointId: "p0", partKey };
  const layers = await Promise.all(
    [40_000, 10_000, 10_000, 10_000].map(async (rows) => {
      const keys = new KeyList();
      for (let i = 0; i < rows; i++) keys.push(syntheticKey(i), 0, 8);
      const gone = [await putPage(vault.hot, vault.entropy, place, { chunks: [], keys })];
      return { kind: "delta", pointId: "p0", rows: 0, sum: "0", pages: [], goneRows: rows, gone } as const;
    }),
  );
  const source = { store: vault.hot, namingSecret, place: { class: CLASS, table: "t1", rows: "binary" } } as const;
  const keyBytesMax = 200_000;
  const cursors = layerCursors(source, layers, { withRows: false, range: {}, firstRank: 0, keyBytesMax });
  const holding = cursors.filter(({ gone }) => gone);
  for (const cursor of holding) await cursor.next();
  const held = holding.map((cursor) => cursor.entry().keys.count);
  expect(held.reduce((sum, count) => sum + 12 * count, 0)).toBeLessThanOrEqual(keyBytesMax + 12 * held.length);
  // A cursor that has four times as many keys as the others holds four times as many, and all come to their end.
  expect(held[0]).toBeGreaterThan(3.9 * (held[1] as number));
  const [first] = holding as [LayerCursor];
  let keys = 1;
  while (await first.next()) keys++;
  expect(keys).toBe(40_000);
});

test("a page that has fewer keys than it is said to have ends where its keys do", async () => {
  const { vault } = await memoryVault();
  const { partKey, namingSecret } = (await laneFor(vault, "p0")).classes.get(CLASS) as LaneClass;
  const keys = new KeyList();
  for (let i = 0; i < 3; i++) keys.push(syntheticKey(i), 0, 8);
  const place = { class: CLASS, table: "t1", pointId: "p0", partKey };
  const page = await putPage(vault.hot, vault.entropy, place, { chunks: [], keys });
  const source = { store: vault.hot, namingSecret, place: { class: CLASS, table: "t1", rows: "binary" } } as const;
  const cursor = new LayerCursor(source, [{ ...page, rows: 5 }], { rank: 0, gone: true, withRows: false, range: {} });
  let found = 0;
  while (await cursor.next()) found++;
  expect(found).toBe(3);
});

test("a cursor frees the keys of a page when it comes to the next: keys of one page are in memory, however many there are", async () => {
  const { vault } = await memoryVault();
  const { partKey, namingSecret } = (await laneFor(vault, "p0")).classes.get(CLASS) as LaneClass;
  const place = { class: CLASS, table: "t1", pointId: "p0", partKey };
  // Smaller lists lie in memory that nobody can free.
  const keysOfPage = 20_000;
  const pages: PageRef[] = [];
  for (let page = 0; page < 3; page++) {
    const keys = new KeyList();
    for (let i = 0; i < keysOfPage; i++) keys.push(syntheticKey(page * keysOfPage + i), 0, 8);
    pages.push(await putPage(vault.hot, vault.entropy, place, { chunks: [], keys }));
  }
  const source = { store: vault.hot, namingSecret, place: { class: CLASS, table: "t1", rows: "binary" } } as const;
  const cursor = new LayerCursor(source, pages, { rank: 0, gone: true, withRows: false, range: {} });
  const lists = new Set<KeyList>();
  for (let more = await cursor.next(); more; more = await cursor.next()) {
    lists.add(cursor.entry().keys);
    const held = [...lists].filter((list) => list.bytes.length > 0);
    if (held.length !== 1 || held[0] !== cursor.entry().keys) expect.unreachable(`${held.length} lists are held`);
  }
  expect(lists.size).toBe(3);
});
