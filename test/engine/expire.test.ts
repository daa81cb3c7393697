import { describe, expect, test } from "vitest";
import { removePoints } from "../../lib/engine/expire.ts";
import { foldChains } from "../../lib/engine/fold-chain.ts";
import { HeldIntent, LEASE_MS } from "../../lib/engine/intent.ts";
import { getPart, listPoints, putPart, putPoint } from "../../lib/engine/points.ts";
import { sweep } from "../../lib/engine/sweep.ts";
import { Vault } from "../../lib/engine/vault.ts";
import { verify } from "../../lib/engine/verify.ts";
import { isFailure } from "../../lib/model/errors.ts";
import type { Layer, PartRef } from "../../lib/model/point.ts";
import { faulty, Killed } from "../faults/faulty.ts";
import { namesIn } from "./memory-vault.ts";
import {
  foldWorldOf,
  reachableIn,
  sweepWorldOf,
  type VaultHistory,
  vaultHistory,
  wrongTables,
} from "./vault-history.ts";

const layersOf = async ({ vault }: VaultHistory): Promise<Record<string, readonly (readonly string[])[]>> => {
  const found: Record<string, readonly (readonly string[])[]> = {};
  for (const point of await listPoints(vault.hot)) {
    const part = await getPart(vault, point, point.parts[0] as PartRef);
    found[point.id] = part.tables.map((table) => table.layers.map((layer) => layer.pointId));
  }
  return found;
};

/** Sweeps, and says what is then wrong with a vault of the given points: objects too many, objects missing, tables that read otherwise. */
const untidiness = async (history: VaultHistory, points: readonly string[]): Promise<readonly string[]> => {
  const { stores, clock } = history;
  await sweep(sweepWorldOf(stores, clock), { dryRun: false });
  const there = await namesIn(stores.hot);
  const reachable = await reachableIn(history);
  const keys = await namesIn(stores.keys, "parts/");
  const again = await sweep(sweepWorldOf(stores, clock), { dryRun: false });
  return [
    ...there.filter((name) => !reachable.includes(name)).map((name) => `left over: ${name}`),
    ...reachable.filter((name) => !there.includes(name)).map((name) => `missing: ${name}`),
    ...keys.filter((name) => !points.includes(name.split("/")[1] ?? "")).map((name) => `left over: ${name}`),
    ...(await wrongTables(history, points)).map((table) => `wrong: ${table}`),
    ...[again.pages, again.chunks, again.parts, again.keys].flatMap((count) =>
      count.objects > 0 ? ["swept twice"] : [],
    ),
  ];
};

test("when the oldest point leaves, the next ones start from the folded base and read as before", async () => {
  const history = await vaultHistory();
  expect(await layersOf(history)).toEqual({
    p0: [["p0"], ["p0"], ["p0"]],
    p1: [["p0", "p1"], ["p0", "p1"], ["p1"]],
    p2: [["p0", "p1", "p2"], ["p0", "p1"], ["p2"]],
    p3: [["p0", "p1", "p2", "p3"], ["p0", "p1", "p3"], ["p3"]],
  });
  const report = await removePoints(foldWorldOf(history.vault, history.clock), ["p0"]);
  expect(report).toMatchObject({ removed: ["p0"], keysShredded: 1, fold: { tablesFolded: 2, pointsRewritten: 3 } });
  expect(await layersOf(history)).toEqual({
    p1: [["p1"], ["p1"], ["p1"]],
    p2: [["p1", "p2"], ["p1"], ["p2"]],
    p3: [["p1", "p2", "p3"], ["p1", "p3"], ["p3"]],
  });
  expect((await listPoints(history.vault.hot)).map((point) => point.generation)).toEqual([2, 2, 2]);
  expect(await namesIn(history.stores.hot, "intents/")).toEqual([]);
  expect(await untidiness(history, ["p1", "p2", "p3"])).toEqual([]);
});

test.each([
  [["p1"], ["p0", "p2", "p3"]],
  [["p3"], ["p0", "p1", "p2"]],
  [
    ["p0", "p1"],
    ["p2", "p3"],
  ],
  [
    ["p2", "p0"],
    ["p1", "p3"],
  ],
  [["p0", "p1", "p2", "p3"], []],
])("removing %j leaves %j as they were, and nothing else", async (leaving, staying) => {
  const history = await vaultHistory();
  for (const id of leaving) await removePoints(foldWorldOf(history.vault, history.clock), [id]);
  expect(await untidiness(history, staying)).toEqual([]);
  const together = await vaultHistory();
  await removePoints(foldWorldOf(together.vault, together.clock), leaving);
  expect(await untidiness(together, staying)).toEqual([]);
});

test("when a point in the middle leaves, its delta is merged into the next, and what only it showed goes", async () => {
  const history = await vaultHistory();
  await removePoints(foldWorldOf(history.vault, history.clock), ["p1"]);
  expect(await layersOf(history)).toEqual({
    p0: [["p0"], ["p0"], ["p0"]],
    // The lines did not change at p2: it still shows their state of p1.
    p2: [["p0", "p2"], ["p0", "p1"], ["p2"]],
    p3: [["p0", "p2", "p3"], ["p0", "p1", "p3"], ["p3"]],
  });
  expect(await untidiness(history, ["p0", "p2", "p3"])).toEqual([]);
  const { problems } = await verify({ ...foldWorldOf(history.vault, history.clock) }, { level: "read" });
  expect(problems).toEqual([]);
  await removePoints(foldWorldOf(history.vault, history.clock), ["p2"]);
  expect((await layersOf(history))["p3"]).toEqual([["p0", "p3"], ["p0", "p3"], ["p3"]]);
  expect(await untidiness(history, ["p0", "p3"])).toEqual([]);
});

test.each([["p0"], ["p1"]])(
  "fails when %s leaves and a delta lacks its gone keys: the digests show it before anything is named",
  async (leaving) => {
    const history = await vaultHistory();
    const { vault, stores, clock } = history;
    for (const point of (await listPoints(vault.hot)).slice(1)) {
      const part = await getPart(vault, point, point.parts[0] as PartRef);
      const lossy = (layer: Layer): Layer => ({ ...layer, gone: [], goneRows: 0 });
      const tables = part.tables.map((table) => ({ ...table, layers: table.layers.map(lossy) }));
      const partKey = await vault.partKey(point.id, "raw");
      const ref = await putPart(vault.hot, vault.entropy, { ...part, tables }, { partKey, generation: 2 });
      await putPoint(vault.hot, { ...point, generation: 2, parts: [ref] });
    }
    const before = await listPoints(vault.hot);
    await expect(removePoints(foldWorldOf(vault, clock), [leaving])).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(await listPoints(stores.hot)).toEqual(before);
  },
);

test("a fold that has nothing to do writes nothing", async () => {
  const { vault, clock, stores } = await vaultHistory();
  const before = await namesIn(stores.hot);
  const report = await foldChains(foldWorldOf(vault, clock), { points: new Set(), parts: new Map() });
  expect(report).toMatchObject({ tablesFolded: 0, pointsRewritten: 0 });
  expect(await namesIn(stores.hot)).toEqual(before);
});

test("rows that no staying point shows are in no chunk after fold and sweep", async () => {
  const history = await vaultHistory();
  const before = await namesIn(history.stores.hot, "chunks/");
  await removePoints(foldWorldOf(history.vault, history.clock), ["p0"]);
  const { chunks } = await sweep(sweepWorldOf(history.stores, history.clock), { dryRun: false });
  const after = new Set(await namesIn(history.stores.hot, "chunks/"));
  const gone = before.filter((name) => !after.has(name));
  expect(chunks.objects).toBe(gone.length);
  expect(gone.length).toBeGreaterThan(0);
});

test("fails when the point is not there, and while another fold is alive, and changes nothing", async () => {
  const { vault, clock, stores } = await vaultHistory();
  const before = await namesIn(stores.hot);
  await expect(removePoints(foldWorldOf(vault, clock), ["p9"])).rejects.toMatchObject({ code: "POINT_NOT_FOUND" });
  const other = await HeldIntent.take(vault.hot, clock, { id: "fold-other", database: "" });
  const second = removePoints(foldWorldOf(vault, clock), ["p0"]).catch((error: unknown) => error);
  for (let i = 0; i < 4; i++) await clock.advance(20_000);
  expect(await second).toMatchObject({
    code: "CAPTURE_RUNNING",
    message: expect.stringContaining("another fold") as string,
  });
  await other.remove();
  expect(await namesIn(stores.hot)).toEqual(before);
});

describe("a removal stopped in any write is completed by running it again; the points that stay are readable all along", () => {
  const attempt = async (leaving: string, verb: "put" | "delete", nth: number, effect: boolean): Promise<boolean> => {
    const stayWith = ["p0", "p1", "p2", "p3"].filter((id) => id !== leaving);
    const history = await vaultHistory({ rows: 60 });
    const { stores, clock, keys, entropy } = history;
    const hot = faulty(stores.hot).stopAfter(verb, nth, { effect });
    const dying = await Vault.open({ ...stores, hot }, keys, entropy);
    try {
      await removePoints(foldWorldOf(dying, clock), [leaving]);
      return false;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    hot.assertAllFaultsFired();
    await clock.advance(LEASE_MS + 1);
    expect(await wrongTables(history, stayWith)).toEqual([]);
    try {
      await removePoints(foldWorldOf(history.vault, clock), [leaving]);
    } catch (error) {
      // Stopped after its very last delete.
      if (!isFailure(error, "POINT_NOT_FOUND")) throw error;
    }
    expect(await untidiness(history, stayWith)).toEqual([]);
    return true;
  };
  test.each([
    ["p0", "put", true],
    ["p0", "put", false],
    ["p0", "delete", true],
    ["p0", "delete", false],
    ["p1", "put", true],
    ["p1", "delete", true],
  ] as const)("%s in %s, with its effect: %s", async (leaving, verb, effect) => {
    let stops = 0;
    for (let nth = 1; await attempt(leaving, verb, nth, effect); nth++) stops = nth;
    expect(stops).toBeGreaterThan(5);
  });

  test("shredding the keys", async () => {
    const stayWith = ["p1", "p2", "p3"];
    const history = await vaultHistory({ rows: 60 });
    const { stores, clock, keys, entropy } = history;
    const keyStore = faulty(stores.keys).stopAfter("delete", 1);
    const dying = await Vault.open({ ...stores, keys: keyStore }, keys, entropy);
    await expect(removePoints(foldWorldOf(dying, clock), ["p0"])).rejects.toThrow(Killed);
    keyStore.assertAllFaultsFired();
    await clock.advance(LEASE_MS + 1);
    expect(await wrongTables(history, stayWith)).toEqual([]);
    await removePoints(foldWorldOf(history.vault, clock), ["p0"]);
    expect(await untidiness(history, stayWith)).toEqual([]);
  });
});
