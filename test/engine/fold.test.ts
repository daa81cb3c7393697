import fc from "fast-check";
import { expect, test } from "vitest";
import { type FoldPlace, foldTable } from "../../lib/engine/fold.ts";
import type { Lane } from "../../lib/engine/lane.ts";
import { getPage } from "../../lib/engine/page.ts";
import { splitsOf } from "../../lib/engine/read-table.ts";
import type { Vault } from "../../lib/engine/vault.ts";
import type { ChunkEntry, Layer, PartTable } from "../../lib/model/point.ts";
import { counting } from "../faults/counting.ts";
import { memoryVault } from "./memory-vault.ts";
import {
  CLASS,
  expectedFrames,
  type Id,
  laneFor,
  partTableOf,
  readAll,
  type TableState,
  TINY_CUT,
  takeBase,
  takeDelta,
} from "./synthetic-history.ts";
import { syntheticFacts } from "./synthetic-rows.ts";

const placeOf = (lane: Lane, store = lane.store): FoldPlace => {
  const secrets = lane.classes.get(CLASS) as NonNullable<ReturnType<Lane["classes"]["get"]>>;
  return { ...secrets, store, entropy: lane.entropy, class: CLASS, foldId: lane.pointId, cut: TINY_CUT };
};

const chunksIn = async (vault: Vault, layer: Layer | undefined): Promise<readonly ChunkEntry[]> =>
  (await Promise.all((layer?.pages ?? []).map((ref) => getPage(vault.hot, ref)))).flatMap((page) => page.chunks);

const manyRows = (count: number): Map<Id, string> =>
  new Map(Array.from({ length: count }, (_, i) => [10 * i, `body of ${i} ${"x".repeat(i % 40)}`]));

const step = fc.record({
  changes: fc.array(
    fc.tuple(fc.integer({ min: -50, max: 12_500 }), fc.option(fc.string({ maxLength: 40 }), { nil: undefined })),
    {
      maxLength: 40,
    },
  ),
  /** Deletes a run of rows, now and then all of them. */
  cut: fc.option(fc.tuple(fc.nat({ max: 12_000 }), fc.constantFrom(10, 500, 3_000, 20_000)), { nil: undefined }),
});

test("folding a history one delta after another leaves every later point as it was", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 1_200 }), fc.array(step, { minLength: 1, maxLength: 4 }), async (count, steps) => {
      const { vault } = await memoryVault();
      const states: TableState[] = [
        await takeBase(await laneFor(vault, "p0"), "t1", syntheticFacts(), manyRows(count)),
      ];
      for (const [i, { changes, cut }] of steps.entries()) {
        const before = states.at(-1) as TableState;
        const rows = new Map(before.rows);
        if (cut !== undefined)
          for (const id of before.rows.keys())
            if (Number(id) >= cut[0] && Number(id) < cut[0] + cut[1]) rows.delete(id);
        for (const [id, body] of changes) {
          if (body === undefined) rows.delete(id);
          else rows.set(id, body);
        }
        states.push(await takeDelta(await laneFor(vault, `p${i + 1}`), before, rows));
      }
      let base = (states[0] as TableState).layers[0] as Layer;
      for (const [i, state] of states.entries()) {
        const own = state.layers.find((layer) => layer.kind === "delta" && layer.pointId === `p${i}`);
        if (own === undefined) continue;
        const table: PartTable = { ...partTableOf(state), layers: [base, own] };
        const folded = await foldTable(placeOf(await laneFor(vault, `fold${i}`)), table);
        base = folded.layer;
        expect(base).toMatchObject({ kind: "base", pointId: `p${i}`, rows: state.rows.size, gone: [] });
        for (const later of states.slice(i)) {
          const rest = later.layers.filter((layer) => Number(layer.pointId.slice(1)) > i);
          const read = await readAll(vault, { ...partTableOf(later), layers: [base, ...rest] });
          expect(read.equals(expectedFrames(later))).toBe(true);
        }
      }
    }),
    { numRuns: 30 },
  );
});

test("several deltas fold at once, and the folded base splits into ranges like any other", async () => {
  const { vault } = await memoryVault();
  let state = await takeBase(await laneFor(vault, "p0"), "t1", syntheticFacts(), manyRows(8_000));
  for (let i = 1; i <= 3; i++) {
    const rows = new Map(state.rows);
    for (let id = i * 70; id < 80_000; id += 7_000) rows.set(id, `changed in ${i}`);
    rows.delete(i * 1_000);
    state = await takeDelta(await laneFor(vault, `p${i}`), state, rows);
  }
  const { layer } = await foldTable(placeOf(await laneFor(vault, "fold")), partTableOf(state));
  const table = { ...partTableOf(state), layers: [layer] };
  expect(layer.pointId).toBe("p3");
  const splits = splitsOf(table, 4);
  const pieces = [undefined, ...splits].map((from, i) => readAll(vault, table, { from, to: splits[i] }));
  expect(splits.length).toBeGreaterThan(1);
  expect(Buffer.concat(await Promise.all(pieces)).equals(expectedFrames(state))).toBe(true);
});

test("one changed row rewrites one chunk and one page; every other page is named again as it is", async () => {
  const { vault } = await memoryVault();
  const base = await takeBase(await laneFor(vault, "p0"), "t1", syntheticFacts(), manyRows(8_000));
  const pagesBefore = base.layers[0]?.pages ?? [];
  expect(pagesBefore.length).toBeGreaterThan(5);
  const state = await takeDelta(await laneFor(vault, "p1"), base, new Map(base.rows).set(40_000, "changed"));
  const store = counting(vault.hot);
  const { layer, stored, chunksRewritten } = await foldTable(
    placeOf(await laneFor(vault, "fold"), store),
    partTableOf(state),
  );
  // The rewritten chunk may have shrunk below the minimum and have taken in the next one.
  expect(chunksRewritten).toBeLessThanOrEqual(2);
  expect(store.counts.put.calls).toBe(stored.objects);
  expect(stored.objects).toBeLessThanOrEqual(4);
  const kept = layer.pages.filter((page) => pagesBefore.some((before) => before.name === page.name));
  expect(kept).toHaveLength(pagesBefore.length - 1);
});

test("a folded base is cut as a fresh one would be, but for a few chunks", async () => {
  const { vault } = await memoryVault();
  let state = await takeBase(await laneFor(vault, "p0"), "t1", syntheticFacts(), manyRows(3_000));
  let layers = state.layers;
  for (let i = 1; i <= 12; i++) {
    const rows = new Map(state.rows);
    for (let id = i; id < 30_000; id += 1_500) rows.set(id, `new in ${i}`);
    for (let id = 10 * i; id < 30_000; id += 2_000) rows.delete(id);
    // An append-only tail must not leave a crumb of a chunk at each fold.
    for (let n = 0; n < 5; n++) rows.set(30_000 + 100 * i + n, "appended");
    state = await takeDelta(await laneFor(vault, `p${i}`), state, rows);
    const delta = state.layers.at(-1) as Layer;
    const folded = await foldTable(placeOf(await laneFor(vault, `fold${i}`)), {
      ...partTableOf(state),
      layers: [layers[0] as Layer, delta],
    });
    layers = [folded.layer];
  }
  const fresh = await takeBase(await laneFor(vault, "fresh"), "t1", syntheticFacts(), state.rows);
  const freshIds = new Set((await chunksIn(vault, fresh.layers[0])).map((chunk) => chunk.id));
  const folded = await chunksIn(vault, layers[0]);
  const alike = folded.filter((chunk) => freshIds.has(chunk.id)).length;
  expect(freshIds.size).toBeGreaterThan(150);
  expect(alike / freshIds.size).toBeGreaterThan(0.9);
  expect(Math.abs(folded.length - freshIds.size)).toBeLessThan(freshIds.size * 0.1);
  const small = folded.slice(0, -1).filter((chunk) => chunk.plainBytes < TINY_CUT.chunkBytesMin).length;
  expect(small).toBe(0);
  expect((layers[0] as Layer).pages.length).toBeLessThanOrEqual(2 * (fresh.layers[0] as Layer).pages.length);
});

test("fails when a delta lacks one changed or one gone key: the digests show it, and name the table", async () => {
  const { vault } = await memoryVault();
  const base = await takeBase(await laneFor(vault, "p0"), "t1", syntheticFacts(), manyRows(500));
  const rows = new Map(base.rows).set(11, "new");
  rows.delete(20);
  const state = await takeDelta(await laneFor(vault, "p1"), base, rows);
  const [whole, delta] = state.layers as [Layer, Layer];
  const lane = await laneFor(vault, "fold");
  for (const damaged of [
    { ...delta, gone: [] },
    { ...delta, pages: [] },
  ]) {
    const table = { ...partTableOf(state), layers: [whole, damaged] };
    await expect(foldTable(placeOf(lane), table)).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
      message: expect.stringContaining("public.orders") as string,
    });
  }
  expect((await foldTable(placeOf(lane), partTableOf(state))).layer.rows).toBe(500);
});
