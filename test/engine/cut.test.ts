import fc from "fast-check";
import { expect, test } from "vitest";
import { BASE_CUT, cutBits, startsChunk } from "../../lib/engine/cut.ts";
import { getPage } from "../../lib/engine/page.ts";
import { KIB, MIB } from "../../lib/model/units.ts";
import { memoryVault } from "./memory-vault.ts";
import { type Id, laneFor, type Rows, TINY_CUT, takeBase } from "./synthetic-history.ts";
import { syntheticFacts } from "./synthetic-rows.ts";

/** Ids of the chunks that rows are cut into, in order. */
const chunksOf = async (
  rows: Rows,
  table = syntheticFacts(),
): Promise<readonly { id: string; plainBytes: number; rows: number }[]> => {
  const { vault } = await memoryVault();
  const state = await takeBase(await laneFor(vault, "p"), "t1", table, rows);
  const pages = await Promise.all((state.layers[0]?.pages ?? []).map((ref) => getPage(vault.hot, ref)));
  return pages.flatMap((page) => page.chunks);
};

const bodyOf = (id: number): string => `body of ${id} `.repeat(1 + (id % 5));
const rowsFrom = (ids: Iterable<number>): Map<Id, string> => new Map([...ids].map((id) => [id, bodyOf(id)]));
const idSets = fc.uniqueArray(fc.integer({ min: 0, max: 3_000 }), { minLength: 300, maxLength: 900 });

test("the same rows give the same chunks, and an inserted row changes few of them", async () => {
  await fc.assert(
    fc.asyncProperty(idSets, fc.integer({ min: 0, max: 3_000 }), async (ids, inserted) => {
      const before = await chunksOf(rowsFrom(ids));
      expect(await chunksOf(rowsFrom(ids.toReversed()))).toMatchObject(before.map(({ id }) => ({ id })));
      const known = new Set(before.map((chunk) => chunk.id));
      const after = await chunksOf(rowsFrom([...ids, inserted]));
      const fresh = after.filter((chunk) => !known.has(chunk.id));
      expect(before.length).toBeGreaterThan(10);
      expect(fresh.length).toBeLessThanOrEqual(8);
    }),
    { numRuns: 25 },
  );
});

test.each(["int8", undefined] as const)("chunks keep their minimum and maximum (key order %s)", async (order) => {
  const rows = rowsFrom(Array.from({ length: 2_000 }, (_, i) => i));
  const chunks = await chunksOf(rows, syntheticFacts({ order }));
  expect(chunks.reduce((sum, chunk) => sum + chunk.rows, 0)).toBe(2_000);
  for (const { plainBytes } of chunks.slice(0, -1)) {
    expect(plainBytes).toBeGreaterThanOrEqual(TINY_CUT.chunkBytesMin);
    expect(plainBytes).toBeLessThanOrEqual(TINY_CUT.chunkBytesMax);
  }
});

test("a row longer than the longest chunk is a chunk of its own", async () => {
  const chunks = await chunksOf(
    new Map<Id, string>([
      [1, "a"],
      [2, "x".repeat(5_000)],
      [3, "b"],
    ]),
  );
  expect(chunks.map((chunk) => chunk.rows)).toEqual([1, 1, 1]);
  expect(chunks[1]?.plainBytes).toBeGreaterThan(5_000);
});

test.each([
  [16, 16],
  [100, 13],
  [KIB, 10],
  [100 * KIB, 3],
  [10 * MIB, 0],
  [0, 20],
])("rows of %i bytes are cut by %i bits", (rowBytesMean, bits) => {
  expect(cutBits(BASE_CUT, rowBytesMean)).toBe(bits);
});

test("a chunk never starts empty, and without bits every row past the minimum starts one", () => {
  expect(startsChunk(TINY_CUT, 0, 0, 10_000, 0)).toBe(false);
  expect(startsChunk(TINY_CUT, 0, TINY_CUT.chunkBytesMin, 1, 0xffff)).toBe(true);
  expect(startsChunk(TINY_CUT, 1, TINY_CUT.chunkBytesMin, 1, 0xffff)).toBe(false);
  expect(startsChunk(TINY_CUT, 1, TINY_CUT.chunkBytesMax, 1, 0xffff)).toBe(true);
});
