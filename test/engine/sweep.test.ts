import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Board } from "../../lib/engine/board.ts";
import { removePoints } from "../../lib/engine/expire.ts";
import { HeldIntent, LEASE_MS, listIntents } from "../../lib/engine/intent.ts";
import { pageChunkNames } from "../../lib/engine/page.ts";
import {
  getPart,
  listPoints,
  newestGeneration,
  pointGenerations,
  preventPoint,
  putPart,
  putPoint,
  takeBackPoint,
} from "../../lib/engine/points.ts";
import { type SweepReport, sweep } from "../../lib/engine/sweep.ts";
import { Failure } from "../../lib/model/errors.ts";
import type { Layer, PartRef, Point } from "../../lib/model/point.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { faulty, Killed } from "../faults/faulty.ts";
import { namesIn } from "./memory-vault.ts";
import { CLASS, laneFor, readAll, takeBase } from "./synthetic-history.ts";
import { syntheticFacts } from "./synthetic-rows.ts";
import {
  foldWorldOf,
  reachableIn,
  sweepWorldOf,
  type VaultHistory,
  vaultHistory,
  wrongTables,
} from "./vault-history.ts";

const sweepOf = ({ stores, clock }: VaultHistory, options = { dryRun: false }): Promise<SweepReport> =>
  sweep(sweepWorldOf(stores, clock), options);

/** Chunks, a page and a key that a capture which died left behind. */
const leaveGarbage = async ({ vault }: VaultHistory, id = "dead"): Promise<Layer> => {
  const rows = new Map(Array.from({ length: 50 }, (_, i) => [i, `never in a point ${i}`]));
  const state = await takeBase(await laneFor(vault, id), "t0", syntheticFacts(), rows);
  return state.layers[0] as Layer;
};

test("what a dead capture left goes with its intent; nothing else does", async () => {
  const history = await vaultHistory();
  const { stores, vault, clock } = history;
  const before = { hot: await namesIn(stores.hot), keys: await namesIn(stores.keys) };
  await (await HeldIntent.take(vault.hot, clock, { id: "dead", database: "shop" })).giveUp();
  await leaveGarbage(history);
  const dry = await sweepOf(history, { dryRun: true });
  expect(dry).toMatchObject({
    dryRun: true,
    postponed: undefined,
    intentsRetired: 1,
    pages: { objects: 1 },
    keys: { objects: 1 },
  });
  const swept = await sweepOf(history);
  expect(swept).toEqual({ ...dry, dryRun: false });
  expect(swept.chunks.objects).toBeGreaterThan(1);
  expect(swept.chunks.bytes).toBeGreaterThan(500);
  const keys = [...before.keys, "tombstones/parts/dead/raw"];
  expect({ hot: await namesIn(stores.hot), keys: await namesIn(stores.keys) }).toEqual({ ...before, keys });
});

test("while an intent is not settled nothing is deleted, and the report says so", async () => {
  const history = await vaultHistory();
  await leaveGarbage(history);
  const held = await HeldIntent.take(history.vault.hot, history.clock, { id: "starting", database: "shop" });
  const before = await namesIn(history.stores.hot);
  expect(await sweepOf(history)).toMatchObject({
    pages: { objects: 0 },
    postponed: expect.stringContaining("starting") as string,
  });
  expect(await namesIn(history.stores.hot)).toEqual(before);
  await held.need([]);
  expect(await sweepOf(history)).toMatchObject({ pages: { objects: 1 }, postponed: undefined });
  await held.release();
});

test("what a live intent needs or wrote is spared; older garbage beside it is not", async () => {
  const history = await vaultHistory();
  const { vault, clock, stores } = history;
  const old = await leaveGarbage(history, "old");
  const needed = await leaveGarbage(history, "needed");
  await clock.advance(11 * 60_000);
  const held = await HeldIntent.take(vault.hot, clock, { id: "alive", database: "shop" });
  await held.need(needed.pages.map((page) => page.name));
  const own = await leaveGarbage(history, "alive");
  const loose = await namesIn(stores.hot, "chunks/");
  const swept = await sweepOf(history);
  const after = new Set(await namesIn(stores.hot));
  const chunksOf = async (layer: Layer) =>
    (await Promise.all(layer.pages.map((page) => pageChunkNames(stores.hot, page.name)))).flat() as string[];
  for (const layer of [needed, own]) {
    const names = [...layer.pages.map((page) => page.name), ...(await chunksOf(layer))];
    expect(names.length).toBeGreaterThan(2);
    expect(names.filter((name) => !after.has(name))).toEqual([]);
  }
  expect(old.pages.filter((page) => after.has(page.name))).toEqual([]);
  expect(swept.pages.objects).toBe(1);
  expect(loose.length - (await namesIn(stores.hot, "chunks/")).length).toBe(swept.chunks.objects);
  // Keys of captures that are gone went, the live one's stayed.
  expect(await namesIn(stores.keys, "parts/alive")).toHaveLength(1);
  expect(await namesIn(stores.keys, "parts/needed")).toHaveLength(0);
  await held.release();
});

test("a chunk younger than a live intent is spared although nothing names it yet", async () => {
  const history = await vaultHistory();
  const { vault, clock } = history;
  await leaveGarbage(history, "old");
  await clock.advance(11 * 60_000);
  const held = await HeldIntent.take(vault.hot, clock, { id: "alive", database: "shop" });
  await held.need([]);
  await leaveGarbage(history, "other");
  const swept = await sweepOf(history);
  expect(swept.pages.objects).toBe(2);
  expect(swept.chunks.objects).toBeGreaterThan(1);
  expect(swept.spared.objects).toBeGreaterThan(1);
  await held.release();
  expect((await sweepOf(history)).spared.objects).toBe(0);
});

describe("fails and deletes nothing when the vault is damaged", () => {
  const damages: readonly (readonly [string, (history: VaultHistory) => Promise<string>])[] = [
    ["a page is missing", async ({ stores }) => (await namesIn(stores.hot, "pages/raw/p0/"))[0] as string],
    ["a chunk is missing", async ({ stores }) => (await namesIn(stores.hot, "chunks/"))[0] as string],
    ["a part is missing", async ({ stores }) => (await namesIn(stores.hot, "parts/"))[0] as string],
  ];
  test.each(damages)("%s", async (_, pick) => {
    const history = await vaultHistory();
    await leaveGarbage(history);
    const name = await pick(history);
    await history.stores.hot.delete(name);
    const before = await namesIn(history.stores.hot);
    await expect(sweepOf(history)).rejects.toMatchObject({ code: "OBJECT_MISSING", facts: { object: name } });
    expect(await namesIn(history.stores.hot)).toEqual(before);
  });

  test.each(["parts/", "points/", "pages/"])("a byte in the clear of an object under %s changed", async (prefix) => {
    const history = await vaultHistory();
    const { hot } = history.stores;
    const [name = ""] = await namesIn(hot, prefix);
    const bytes = (await hot.get(name)) as Buffer;
    // The salt of the first chunk's name, or any byte of what has a digest elsewhere.
    const at = prefix === "pages/" ? bytes.toString("latin1").search(/\.[0-9a-f]{8}"/) + 1 : 40;
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] as number) ^ 0x01;
    await hot.delete(name);
    await hot.put(name, [damaged]);
    const before = await namesIn(hot);
    await expect(sweepOf(history)).rejects.toMatchObject({ code: expect.stringMatching("OBJECT_") as string });
    expect(await namesIn(hot)).toEqual(before);
  });
});

test("no changed byte in any point, part or page makes a good object look unnamed", async () => {
  const history = await vaultHistory({ points: 2, rows: 25 });
  const { stores, clock } = history;
  const swept: string[] = [];
  let tried = 0;
  const [point = ""] = await namesIn(stores.hot, "points/p1/");
  const [part = ""] = await namesIn(stores.hot, "parts/p1/");
  const [page = ""] = await namesIn(stores.hot, "pages/raw/p0/");
  for (const name of [point, part, page]) {
    const bytes = (await stores.hot.get(name)) as Buffer;
    for (let at = 0; at < Math.min(bytes.length, 700); at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] as number) ^ 0x02;
      const hot: ObjectStore = {
        ...stores.hot,
        get: (wanted) => (wanted === name ? Promise.resolve(damaged) : stores.hot.get(wanted)),
      };
      tried += 1;
      try {
        const { pages, chunks, parts, keys } = await sweep(sweepWorldOf({ ...stores, hot }, clock), { dryRun: true });
        if (pages.objects + chunks.objects + parts.objects + keys.objects > 0) swept.push(`${name}: byte ${at}`);
      } catch (error) {
        if (!(error instanceof Failure)) swept.push(`${name}: byte ${at}: ${String(error)}`);
      }
    }
  }
  expect(swept).toEqual([]);
  expect(tried).toBeGreaterThan(1_500);
});

test.each([true, false])("a sweep stopped in any delete (effect: %s) is completed by the next", async (effect) => {
  let stops = 0;
  for (let nth = 1; ; nth++) {
    const history = await vaultHistory({ points: 3, rows: 30 });
    const { stores, clock, vault } = history;
    await (await HeldIntent.take(vault.hot, clock, { id: "dead", database: "shop" })).giveUp();
    await leaveGarbage(history);
    const hot = faulty(stores.hot).stopAfter("delete", nth, { effect });
    const run = sweep(sweepWorldOf({ ...stores, hot }, clock), { dryRun: false });
    const killed = await run.then(
      () => false,
      (error: unknown) => error instanceof Killed,
    );
    expect(await wrongTables(history, ["p0", "p1", "p2"])).toEqual([]);
    await sweepOf(history);
    expect(await namesIn(stores.hot)).toEqual(await reachableIn(history));
    expect(await namesIn(stores.keys, "parts/dead")).toEqual([]);
    if (!killed) break;
    stops = nth;
  }
  expect(stops).toBeGreaterThan(4);
});

/** Runs steps of somebody else right before the given calls of the store, counted from 1. */
const interleaved = (
  store: ObjectStore,
  steps: readonly { readonly before: number; readonly act: () => Promise<void> }[],
) => {
  let calls = 0;
  let next = 0;
  const turn = async () => {
    calls += 1;
    while (next < steps.length && (steps[next] as (typeof steps)[number]).before <= calls) await steps[next++]?.act();
  };
  const wrapped: ObjectStore = {
    put: async (name, pieces) => (await turn(), store.put(name, pieces)),
    get: async (name, range) => (await turn(), store.get(name, range)),
    head: async (name) => (await turn(), store.head(name)),
    delete: async (name) => (await turn(), store.delete(name)),
    async *list(prefix) {
      await turn();
      yield* store.list(prefix);
    },
  };
  const finish = async () => {
    while (next < steps.length) await steps[next++]?.act();
  };
  return { wrapped, finish, calls: () => calls };
};

test("a capture that builds on a point while this is removed and a sweep runs finds all it needs, in any order of events", async () => {
  let postponed = 0;
  let swept = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 6, maxLength: 6 }), async (when) => {
      const history = await vaultHistory({ points: 1, rows: 40 });
      const { vault, stores, clock } = history;
      const [point] = await listPoints(vault.hot);
      if (point === undefined) throw new Error("the history has no point");
      const part = await getPart(vault, point, point.parts[0] as PartRef);
      const layers = part.tables.flatMap((table) => table.layers);
      let held: HeldIntent | undefined;
      let saw = false;
      const acts = [
        async () => {
          held = await HeldIntent.take(vault.hot, clock, { id: "q1", database: "shop" });
        },
        async () => {
          saw = (await listPoints(vault.hot)).some((one) => one.id === point.id);
          await held?.need(saw ? layers.flatMap((layer) => layer.pages.map((page) => page.name)) : []);
        },
        async () => {
          for (const name of await pointGenerations(vault.hot, point.id)) await vault.hot.delete(name);
          await stores.keys.delete(`parts/${point.id}/${CLASS}`);
          await vault.hot.delete((point.parts[0] as PartRef).name);
        },
        async () => {
          if (!saw) return;
          const partKey = await vault.partKeyOrMake("q1", CLASS);
          const ref = await putPart(vault.hot, vault.entropy, { ...part, pointId: "q1" }, { partKey, generation: 1 });
          await putPoint(vault.hot, { ...point, id: "q1", parts: [ref] });
        },
        async () => held?.release(),
      ];
      // The removal falls anywhere after the look; the order of the capture's own steps is fixed.
      const order = when.toSorted((a, b) => a - b);
      const steps = acts.map((act, i) => ({ before: order[i] as number, act }));
      const { wrapped, finish } = interleaved(stores.hot, steps);
      const report = await sweep(sweepWorldOf({ ...stores, hot: wrapped }, clock), { dryRun: false });
      await finish();
      if (report.postponed === undefined) swept += 1;
      else postponed += 1;
      if (!saw) return;
      const [q1] = await listPoints(vault.hot);
      const copy = await getPart(
        vault,
        q1 as NonNullable<typeof q1>,
        (q1 as NonNullable<typeof q1>).parts[0] as PartRef,
      );
      for (const table of copy.tables) expect((await readAll(vault, table)).length).toBeGreaterThan(0);
    }),
    { numRuns: 120 },
  );
  expect(swept).toBeGreaterThan(10);
  expect(postponed).toBeGreaterThan(5);
});

test("a sweep beside a running removal harms nothing and what is left goes with the next sweep", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 200 }), async (before) => {
      const history = await vaultHistory({ points: 3, rows: 40 });
      const { vault, stores, clock } = history;
      const removal = async () => {
        await removePoints(foldWorldOf(vault, clock), ["p0"]);
      };
      const { wrapped, finish } = interleaved(stores.hot, [{ before, act: removal }]);
      await sweep(sweepWorldOf({ ...stores, hot: wrapped }, clock), { dryRun: false });
      await finish();
      expect(await wrongTables(history, ["p1", "p2"])).toEqual([]);
      await sweepOf(history);
      expect(await namesIn(stores.hot)).toEqual(await reachableIn(history));
    }),
    { numRuns: 40 },
  );
});

test("fails when a process that slept past its lease goes on: its renewal does not bring back a retired intent", async () => {
  const { vault, clock, stores } = await vaultHistory({ points: 1, rows: 10 });
  const held = await HeldIntent.take(vault.hot, clock, { id: "slept", database: "shop" });
  // Its renewals do not run while it sleeps, and somebody sweeps: the intent goes.
  for (const name of await namesIn(stores.hot, "intents/")) await stores.hot.delete(name);
  expect(await held.isThere()).toBe(false);
  await clock.advance(LEASE_MS);
  expect(() => held.assertHeld()).toThrow("lease");
  expect(await listIntents(stores.hot)).toEqual([]);
  await held.release();
  await sweep(sweepWorldOf(stores, clock), { dryRun: false });
  expect(await namesIn(stores.hot, "intents/")).toEqual([]);
});

test("a point that was prevented or taken back is none to anybody, and a sweep removes it when it is an hour old", async () => {
  const history = await vaultHistory({ points: 2, rows: 20 });
  const { vault, clock, stores } = history;
  expect(await preventPoint(vault.hot, "p9")).toBeUndefined();
  const [p0] = (await listPoints(vault.hot)) as readonly [Point];
  await expect(putPoint(vault.hot, { ...p0, id: "p9" })).rejects.toMatchObject({ code: "OBJECT_EXISTS" });
  expect(await preventPoint(vault.hot, "p9")).toBeUndefined();
  expect(await preventPoint(vault.hot, "p0")).toMatchObject({ id: "p0" });
  await takeBackPoint(vault.hot, "p1");
  expect((await listPoints(vault.hot)).map(({ id }) => id)).toEqual(["p0"]);
  expect(await newestGeneration(vault.hot, "p1")).toBeUndefined();
  // What it names goes at once, as if it had never been written; its own name stays taken for whoever is late.
  const swept = await sweepOf(history);
  expect(swept.parts.objects).toBe(1);
  expect(await namesIn(stores.hot, "points/")).toEqual([
    "points/p0/000001.json",
    "points/p1/000001.json",
    "points/p1/000002.json",
    "points/p9/000001.json",
  ]);
  await clock.advance(3_600_001);
  expect((await sweepOf(history)).work.objects).toBe(3);
  expect(await namesIn(stores.hot, "points/")).toEqual(["points/p0/000001.json"]);
  expect(await wrongTables(history, ["p0"])).toEqual([]);
});

test("the board of a run is spared while its intent lives; afterwards it goes, but for the record of what made a point", async () => {
  const history = await vaultHistory({ points: 1, rows: 10 });
  const { vault, clock, stores } = history;
  const board = new Board(vault.hot, "hot-shop-2026-11-21");
  const attempt = (number: number, pointId: string) => ({ number, pointId, series: "5e", startedAt: clock.now() });
  expect(await board.begin(attempt(1, "dead"))).toBe(true);
  expect(await board.begin(attempt(1, "other"))).toBe(false);
  await board.begin(attempt(2, "p0"));
  await board.begin(attempt(3, "alive"));
  for (const pointId of ["dead", "p0", "alive"]) {
    await board.openTake({ pointId, token: "view", classes: [CLASS] });
    await vault.hot.put(board.resultName(pointId, { take: 1, round: 1, task: 7 }), [Buffer.from("sealed")]);
  }
  await board.close("5e", null);
  const root = "work/hot-shop-2026-11-21";
  const all = await namesIn(stores.hot, "work/");
  expect(all).toHaveLength(10);
  expect(await sweepOf(history)).toMatchObject({ work: { objects: 0 }, spared: { objects: 9 } });
  await clock.advance(3_600_001);
  const held = await HeldIntent.take(vault.hot, clock, { id: "alive", database: "shop" });
  await held.need([]);
  expect(await sweepOf(history, { dryRun: true })).toMatchObject({ work: { objects: 6 } });
  expect(await namesIn(stores.hot, "work/")).toEqual(all);
  await sweepOf(history);
  expect(await namesIn(stores.hot, "work/")).toEqual([
    `${root}/000002.json`,
    `${root}/000003.json`,
    `${root}/alive/board/01.json`,
    `${root}/alive/results/01.01.000007`,
  ]);
  await held.release();
  await sweepOf(history);
  expect(await namesIn(stores.hot, "work/")).toEqual([`${root}/000002.json`]);
  expect(await board.attempts()).toMatchObject([{ number: 2, pointId: "p0" }]);
});
