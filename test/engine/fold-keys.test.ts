import fc from "fast-check";
import { expect, test } from "vitest";
import { removePoints } from "../../lib/engine/expire.ts";
import type { FoldPlace } from "../../lib/engine/fold.ts";
import { foldDeltas } from "../../lib/engine/fold-deltas.ts";
import { holdsStart, joinRanges } from "../../lib/engine/fold-ranges.ts";
import type { Lane } from "../../lib/engine/lane.ts";
import { layerSource } from "../../lib/engine/layers.ts";
import { getPage } from "../../lib/engine/page.ts";
import { getPart, listPoints } from "../../lib/engine/points.ts";
import { sweep } from "../../lib/engine/sweep.ts";
import { verify } from "../../lib/engine/verify.ts";
import { digestKeys } from "../../lib/engine/verify-keys.ts";
import type { Layer, PartRef, RangeRecord } from "../../lib/model/point.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { ClassHistory } from "./class-history.ts";
import { memoryVault } from "./memory-vault.ts";
import {
  CLASS,
  type Id,
  laneFor,
  partTableOf,
  putSyntheticPoint,
  type Rows,
  type TableState,
  TINY_CUT,
  takeBase,
  takeDelta,
} from "./synthetic-history.ts";
import { syntheticFacts, syntheticKey } from "./synthetic-rows.ts";
import { foldWorldOf, sweepWorldOf } from "./vault-history.ts";

const hexKeys = (ids: Iterable<Id>): readonly string[] => [...ids].map((id) => syntheticKey(id).toString("hex")).sort();

const secretsOf = (lane: Lane) => lane.classes.get(CLASS) as NonNullable<ReturnType<Lane["classes"]["get"]>>;

const placeOf = (lane: Lane, store: ObjectStore): FoldPlace => ({
  ...secretsOf(lane),
  store,
  entropy: lane.entropy,
  class: CLASS,
  foldId: lane.pointId,
  cut: TINY_CUT,
});

const goneKeys = async (store: ObjectStore, layer: Layer): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const ref of layer.gone) {
    const { keys } = await getPage(store, ref);
    for (let i = 0; i < keys.count; i++) found.push(keys.key(i).toString("hex"));
  }
  return found;
};

const digestOf = (lane: Lane, state: TableState, layers: readonly Layer[]): Promise<readonly RangeRecord[]> => {
  const { namingSecret, hashSeed } = secretsOf(lane);
  const starts = state.ranges.map((range) => range.start);
  const source = layerSource(lane.store, namingSecret, CLASS, partTableOf(state));
  return digestKeys(source, layers, state.facts, { hashSeed, starts });
};

const someRows = (count: number): Map<Id, string> => new Map(Array.from({ length: count }, (_, i) => [2 * i, `${i}`]));

const changes = fc.array(fc.tuple(fc.nat({ max: 90 }), fc.boolean()), { maxLength: 30 });

test("merged deltas say of exactly the keys that the layers below hold, and that went, that they are gone", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(changes, { minLength: 3, maxLength: 6 }), fc.nat(), fc.nat(), async (steps, a, b) => {
      const { vault } = await memoryVault();
      const states = [await takeBase(await laneFor(vault, "p0"), "t1", syntheticFacts(), someRows(40), CLASS, 7)];
      for (const [i, step] of steps.entries()) {
        const before = states.at(-1) as TableState;
        const rows = new Map(before.rows);
        for (const [id, put] of step)
          if (put) rows.set(id, `${id} at ${i}`);
          else rows.delete(id);
        states.push(await takeDelta(await laneFor(vault, `p${i + 1}`), before, rows));
      }
      const last = states.at(-1) as TableState;
      const from = 1 + (a % last.layers.length);
      const to = from + 1 + (b % last.layers.length);
      const [below, deltas] = [last.layers.slice(0, from), last.layers.slice(from, to)];
      if (deltas.length === 0) return;
      const lane = await laneFor(vault, "fold");
      const { layer } = await foldDeltas(placeOf(lane, vault.hot), partTableOf(last), { deltas, below });
      // A point that changed nothing has the layers of the one before, and shows the same rows.
      const stateAt = (id: string | undefined) => states.find((one) => one.layers.at(-1)?.pointId === id) as TableState;
      const [under, reached] = [stateAt(below.at(-1)?.pointId), stateAt(deltas.at(-1)?.pointId)];
      const went = [...under.rows.keys()].filter((id) => !reached.rows.has(id));
      expect(await goneKeys(vault.hot, layer)).toEqual(hexKeys(went));
      expect(layer.goneRows).toBe(went.length);
      expect(await digestOf(lane, reached, [...below, layer])).toEqual(reached.ranges);
    }),
    { numRuns: 60 },
  );
});

test("which keys the layers below hold is not asked where no key is gone", async () => {
  const { vault } = await memoryVault();
  const base = await takeBase(await laneFor(vault, "p0"), "t1", syntheticFacts(), someRows(40));
  const one = await takeDelta(await laneFor(vault, "p1"), base, new Map(base.rows).set(3, "new"));
  const two = await takeDelta(await laneFor(vault, "p2"), one, new Map(one.rows).set(5, "newer"));
  const [below, deltas] = [two.layers.slice(0, 1), two.layers.slice(1)];
  for (const page of below[0]?.pages ?? []) await vault.hot.delete(page.name);
  const place = placeOf(await laneFor(vault, "fold"), vault.hot);
  expect((await foldDeltas(place, partTableOf(two), { deltas, below })).layer).toMatchObject({ rows: 2, goneRows: 0 });
});

test("a row that came and went between two points that stay leaves neither itself nor its key", async () => {
  const history = await ClassHistory.begin(1);
  await history.capture([{ class: "people", id: 77, act: "put" }]);
  await history.capture([{ class: "people", id: 77, act: "delete" }]);
  const { vault, clock } = history.made;
  await removePoints(foldWorldOf(vault, clock), ["p1"]);
  for (const name of ["money", "people", "rest"]) history.states.delete(`p1/${name}`);
  const p2 = (await listPoints(vault.hot)).at(-1);
  const ref = p2?.parts.find((part) => part.class === "people") as PartRef;
  const layer = (await getPart(vault, p2 as NonNullable<typeof p2>, ref)).tables[0]?.layers.at(-1);
  // The state at p2 still has a layer of its own, which says nothing any more.
  expect(layer).toMatchObject({ pointId: "p2", rows: 0, pages: [], goneRows: 0, gone: [] });
  await sweep(sweepWorldOf(history.made.stores, clock), { dryRun: false });
  expect(await history.readableThoughGone()).toEqual([]);
  expect(await history.wrong()).toEqual([]);
});

const textId = fc.stringMatching(/^[ab]{1,4}$/);

test("a range starts where a base has a row, whether that row begins a page or lies in the middle of one", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.oneof(fc.nat({ max: 3_000 }).map(String), textId), { minLength: 1, maxLength: 400 }),
      fc.array(fc.oneof(fc.nat({ max: 3_000 }).map(String), textId), { maxLength: 20 }),
      async (ids, asked) => {
        const { vault } = await memoryVault();
        const facts = syntheticFacts({ order: "text" });
        // Bodies of the longest chunk: one row each, so that some hundred rows make several pages.
        const rows: Rows = new Map(ids.map((id) => [id, id.repeat(1 + Math.floor(1_600 / id.length))]));
        const lane = await laneFor(vault, "p0");
        const state = await takeBase(lane, "t1", facts, rows);
        const source = layerSource(vault.hot, secretsOf(lane).namingSecret, CLASS, partTableOf(state));
        for (const id of [...asked, ...ids.slice(0, 5)]) {
          const start = syntheticKey(id).toString("hex");
          expect(await holdsStart(source, state.layers[0] as Layer, start), id).toBe(rows.has(id));
        }
      },
    ),
    { numRuns: 25 },
  );
});

test("joined ranges have the counts and sums of what they were made of, and the first one stays", () => {
  const range = fc.record({ rows: fc.nat(), sum: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), stays: fc.boolean() });
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), (drawn) => {
      const start = (i: number) => (i === 0 ? "" : i.toString(16).padStart(2, "0"));
      const ranges = drawn.map(({ rows, sum }, i) => ({ start: start(i), rows, sum: String(sum) }));
      const stays = new Set(drawn.flatMap((one, i) => (one.stays ? [start(i)] : [])));
      const joined = joinRanges(ranges, (one) => stays.has(one));
      expect(joined.map((one) => one.start)).toEqual(
        ranges.map((one) => one.start).filter((one, i) => i === 0 || stays.has(one)),
      );
      const total = (of: readonly RangeRecord[]) => [
        of.reduce((sum, one) => sum + one.rows, 0),
        BigInt.asUintN(
          64,
          of.reduce((sum, one) => sum + BigInt(one.sum), 0n),
        ),
      ];
      expect(total(joined)).toEqual(total(ranges));
      for (const one of joined) expect(BigInt(one.sum)).toBeLessThan(2n ** 64n);
    }),
  );
});

test("keys at which the ranges of a table of many pages start leave with the last point that shows their rows", async () => {
  const { vault, clock, stores } = await memoryVault();
  const rows = new Map<Id, string>(Array.from({ length: 400 }, (_, i) => [10 * i, "x".repeat(1_600)]));
  const p0 = await takeBase(await laneFor(vault, "p0"), "t1", syntheticFacts(), rows);
  await putSyntheticPoint(vault, "p0", clock.now(), [p0]);
  const starts = p0.ranges.map(({ start }) => start).slice(1);
  expect(starts.length).toBeGreaterThan(3);
  const [first, second, ...others] = starts;
  const without = (state: TableState, start: string | undefined): Rows =>
    new Map([...state.rows].filter(([id]) => syntheticKey(id).toString("hex") !== start));
  const p1 = await takeDelta(await laneFor(vault, "p1"), p0, without(p0, first));
  const p2 = await takeDelta(await laneFor(vault, "p2"), p1, without(p1, second));
  for (const [i, state] of [p1, p2].entries()) {
    await clock.advance(60_000);
    await putSyntheticPoint(vault, `p${i + 1}`, clock.now(), [state]);
  }
  const startsOf = async () =>
    Promise.all(
      (await listPoints(vault.hot)).map(async (point) => {
        const part = await getPart(vault, point, point.parts[0] as PartRef);
        return part.tables[0]?.ranges.map(({ start }) => start);
      }),
    );
  const world = foldWorldOf(vault, clock);
  await removePoints(world, ["p0"]);
  expect(await startsOf()).toEqual([
    ["", second, ...others],
    ["", second, ...others],
  ]);
  await removePoints(world, ["p1"]);
  expect(await startsOf()).toEqual([["", ...others]]);
  await sweep(sweepWorldOf(stores, clock), { dryRun: false });
  expect((await verify(world, { level: "read" })).problems).toEqual([]);
});
