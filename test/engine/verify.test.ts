import { describe, expect, test } from "vitest";
import { removePoints } from "../../lib/engine/expire.ts";
import { HeldIntent } from "../../lib/engine/intent.ts";
import { getPart, listPoints, putPart, putPoint } from "../../lib/engine/points.ts";
import { Vault } from "../../lib/engine/vault.ts";
import { type VerifyOptions, verify } from "../../lib/engine/verify.ts";
import type { VerifyReport } from "../../lib/engine/verify-report.ts";
import { Failure, isFailure } from "../../lib/model/errors.ts";
import type { Layer, PartRef, PartTable, Point } from "../../lib/model/point.ts";
import type { ProgressEvent } from "../../lib/model/progress.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { faulty } from "../faults/faulty.ts";
import { namesIn } from "./memory-vault.ts";
import { foldWorldOf, type VaultHistory, vaultHistory } from "./vault-history.ts";

const verifyOf = (
  { vault, clock }: Pick<VaultHistory, "vault" | "clock">,
  options: VerifyOptions = { level: "read" },
  events: ProgressEvent[] = [],
): Promise<VerifyReport> =>
  verify({ vault, clock, progress: (event) => events.push(event), signal: new AbortController().signal }, options);

test.each(["list", "read"] as const)(
  "a sound vault has no problem at level %s, before and after a fold",
  async (level) => {
    const history = await vaultHistory();
    const events: ProgressEvent[] = [];
    const report = await verifyOf(history, { level }, events);
    expect(report).toMatchObject({ level, points: 4, tables: 12, problems: [] });
    expect(events.at(-1)).toMatchObject({ tablesDone: 12, tablesTotal: 12 });
    await removePoints(foldWorldOf(history.vault, history.clock), ["p0"]);
    expect(await verifyOf(history, { level })).toMatchObject({ points: 3, tables: 9, problems: [] });
  },
);

test("level read opens each chunk once, however many points share it, and level list opens none", async () => {
  const history = await vaultHistory();
  const gets = new Map<string, number>();
  const hot: ObjectStore = {
    ...history.stores.hot,
    get: (name, range) => {
      gets.set(name, (gets.get(name) ?? 0) + 1);
      return history.stores.hot.get(name, range);
    },
  };
  const vault = await history.reopen(hot);
  const chunks = () => [...gets].filter(([name]) => name.startsWith("chunks/"));
  await verifyOf({ vault, clock: history.clock }, { level: "list" });
  expect(chunks()).toEqual([]);
  const report = await verifyOf({ vault, clock: history.clock });
  expect(new Set(chunks().map(([, count]) => count))).toEqual(new Set([1]));
  expect(chunks()).toHaveLength((await namesIn(history.stores.hot, "chunks/")).length);
  expect(report.notProven.join()).toContain("restored");
});

test("only the points asked for are verified", async () => {
  const history = await vaultHistory();
  const [page = ""] = await namesIn(history.stores.hot, "pages/raw/p3/");
  await history.stores.hot.delete(page);
  expect(await verifyOf(history, { level: "read", points: ["p0", "p1"] })).toMatchObject({ points: 2, problems: [] });
  expect((await verifyOf(history, { level: "read", points: ["p3"] })).problems.length).toBeGreaterThan(0);
});

/** Flips and cuts all over an object: its head, its tail and places between. */
function* damagesOf(bytes: Buffer): Generator<{ readonly what: string; readonly damaged: Buffer }> {
  const middle = Array.from({ length: 8 }, (_, i) => Math.floor(((i + 1) * bytes.length) / 9));
  for (const at of new Set([0, 5, 9, ...middle, bytes.length - 20, bytes.length - 1])) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] as number) ^ (1 << (at % 8));
    yield { what: `byte ${at}`, damaged };
  }
  for (const length of [0, 7, bytes.length >> 1, bytes.length - 1])
    yield { what: `cut to ${length}`, damaged: bytes.subarray(0, length) };
}

const showing = (store: ObjectStore, name: string, bytes: Buffer): ObjectStore => ({
  ...store,
  get: (wanted) => (wanted === name ? Promise.resolve(bytes) : store.get(wanted)),
});

test("every flip and every cut of every object of a vault is found at level read, and the object is named", async () => {
  const history = await vaultHistory({ points: 2, rows: 25 });
  const { stores, keys, entropy, clock, vault } = history;
  const held = await HeldIntent.take(vault.hot, clock, { id: "alive", database: "shop" });
  const missed: string[] = [];
  let tried = 0;
  for (const kind of ["hot", "keys"] as const) {
    for (const name of await namesIn(stores[kind])) {
      for (const { what, damaged } of damagesOf((await stores[kind].get(name)) as Buffer)) {
        tried += 1;
        const damagedStores = { ...stores, [kind]: showing(stores[kind], name, damaged) };
        try {
          const opened = await Vault.open(damagedStores, keys, entropy);
          const { problems } = await verifyOf({ vault: opened, clock });
          if (!problems.some((problem) => problem.message.includes(name))) missed.push(`${name}: ${what}`);
        } catch (error) {
          // Without vault.json there is nothing to verify.
          if (!isFailure(error, "OBJECT_CORRUPT") || !error.message.includes(name))
            missed.push(`${name}: ${what}: ${String(error)}`);
        }
      }
    }
  }
  await held.release();
  expect(missed).toEqual([]);
  expect(tried).toBeGreaterThan(300);
});

test.each(["list", "read"] as const)(
  "every object that is missing is found at level %s, each with its point, table and name",
  async (level) => {
    const history = await vaultHistory({ points: 2, rows: 25 });
    const { stores } = history;
    const missed: string[] = [];
    for (const name of [
      ...(await namesIn(stores.hot, "pages/")),
      ...(await namesIn(stores.hot, "chunks/")),
      ...(await namesIn(stores.hot, "parts/")),
    ]) {
      const bytes = (await stores.hot.get(name)) as Buffer;
      await stores.hot.delete(name);
      const { problems } = await verifyOf(history, { level });
      const found = problems.find((problem) => problem.object === name && problem.code === "OBJECT_MISSING");
      if (found?.point === undefined || (found.table === undefined && !name.startsWith("parts/"))) missed.push(name);
      await stores.hot.put(name, [bytes]);
    }
    expect(missed).toEqual([]);
    await stores.keys.delete("parts/p1/raw");
    const shredded = await verifyOf(history, { level });
    expect(shredded.problems).toMatchObject([{ code: "KEY_SHREDDED", point: "p1" }]);
  },
);

test("all problems are reported, not only the first", async () => {
  const history = await vaultHistory();
  const { hot } = history.stores;
  const [page = ""] = await namesIn(hot, "pages/raw/p1/");
  const [chunk = ""] = await namesIn(hot, "chunks/");
  const [point = ""] = await namesIn(hot, "points/p3/");
  for (const name of [page, chunk, point]) {
    const bytes = (await hot.get(name)) as Buffer;
    await hot.delete(name);
    await hot.put(name, [bytes.subarray(0, bytes.length - 3)]);
  }
  const { problems } = await verifyOf(history);
  expect(problems.map((problem) => problem.object)).toEqual(expect.arrayContaining([page, chunk, point]));
});

describe("a forged manifest, sealed with the right keys, is found at level read", () => {
  const forge = async (history: VaultHistory, change: (table: PartTable) => PartTable): Promise<VerifyReport> => {
    const { vault } = history;
    const point = (await listPoints(vault.hot)).find(({ id }) => id === "p1") as Point;
    const part = await getPart(vault, point, point.parts[0] as PartRef);
    const tables = part.tables.map((table) => (table.id === "t0" ? change(table) : table));
    const partKey = await vault.partKey("p1", "raw");
    const ref = await putPart(vault.hot, vault.entropy, { ...part, tables }, { partKey, generation: 2 });
    await putPoint(vault.hot, { ...point, generation: 2, parts: [ref] });
    return verifyOf(history);
  };
  const changeDelta = (change: (delta: Layer) => Layer) => (table: PartTable) => ({
    ...table,
    layers: [table.layers[0] as Layer, change(table.layers[1] as Layer)],
  });
  test.each<readonly [string, (table: PartTable) => PartTable]>([
    ["a delta without its gone keys", changeDelta((delta) => ({ ...delta, gone: [], goneRows: 0 }))],
    ["a delta without its rows", changeDelta((delta) => ({ ...delta, pages: [], rows: 0, sum: "0" }))],
    ["a delta left out", (table) => ({ ...table, layers: table.layers.slice(0, 1) })],
    ["another number of rows", (table) => ({ ...table, rows: table.rows + 1 })],
    ["another digest", (table) => ({ ...table, ranges: table.ranges.map((range) => ({ ...range, sum: "1" })) })],
    ["another sum of a layer", changeDelta((delta) => ({ ...delta, sum: "1" }))],
    [
      "pages that claim other rows",
      changeDelta((delta) => ({ ...delta, pages: delta.pages.map((page) => ({ ...page, rows: page.rows + 1 })) })),
    ],
    [
      "pages twice",
      (table) => ({
        ...table,
        layers: table.layers.map((layer) => ({ ...layer, pages: [...layer.pages, ...layer.pages] })),
      }),
    ],
  ])("%s", async (_, change) => {
    const { problems } = await forge(await vaultHistory({ points: 2, rows: 40 }), change);
    expect(problems).toContainEqual(
      expect.objectContaining({ code: "DIGEST_MISMATCH", point: "p1", table: "public.orders" }),
    );
  });
});

test("fails, rather than blaming the vault, when the store does not answer", async () => {
  const history = await vaultHistory({ points: 1, rows: 10 });
  const hot = faulty(history.stores.hot);
  const vault = await history.reopen(hot);
  hot.on("get", 4, new Failure("STORE_UNREACHABLE", "planted"));
  await expect(verifyOf({ vault, clock: history.clock })).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
  hot.assertAllFaultsFired();
});
