import { hash } from "node:crypto";
import type { PageRef } from "../../model/point.ts";
import { frameEnd } from "../frames.ts";
import { readTable } from "../read-table.ts";
import { ChunkMarks, chunkEntries, unmarkedChunks } from "./base-rows.ts";
import type { Columns } from "./columns.ts";
import type { SlicePair } from "./compare-slices.ts";
import type { TableSlice } from "./layer-rows.ts";
import type { DiffOptions } from "./tally.ts";

/** Row digests held at once: about 25 MB. */
const DIGESTS_MAX = 2 ** 18;
/** Beyond this, more than a hundred million rows differ, and the exact count is worth less than the time it takes. */
const PARTITIONS_MAX = 512;
/**
 * 96 bits: two rows of a billion look alike once in 10^11 comparisons. V8 copies a slice this short; one of 13 characters
 * or more would keep the whole digest alive behind it.
 */
const DIGEST_CHARS = 12;

/**
 * Compares the slices of two sides as one multiset of rows on each: chunks that a pair has on both sides cancel out by id,
 * what is left by row digest. Both sides are read alongside each other and equal digests cancel at once, so only rows that differ stay in memory. If they are
 * more than DIGESTS_MAX, half of them by digest is put off to another pass over both sides, as often as it takes.
 *
 * @returns undefined if more rows differ than PARTITIONS_MAX passes can hold
 */
export const compareUnkeyed = async (
  pairs: readonly SlicePair[],
  columns: Columns,
  options: Pick<DiffOptions, "onRows" | "signal">,
  limits: { readonly digestsMax: number; readonly partitionsMax: number } = {
    digestsMax: DIGESTS_MAX,
    partitionsMax: PARTITIONS_MAX,
  },
): Promise<{ readonly missing: number; readonly extra: number } | undefined> => {
  // Somebody truncated it: every row of the other side counts, and none need be read.
  const rows = { a: rowsIn(pairs.map(({ a }) => a)), b: rowsIn(pairs.map(({ b }) => b)) };
  if (rows.a === 0 || rows.b === 0) return { missing: rows.a, extra: rows.b };
  const readers: Readers[] = [];
  for (const pair of pairs) readers.push(await rowsLeft(pair, columns.aligned));
  const counted = { missing: 0, extra: 0 };
  const partitions: Partition[] = [{ of: 1, at: 0 }];
  for (let next = partitions.pop(); next !== undefined; next = partitions.pop()) {
    let partition: Partition = next;
    const balance = new Map<string, number>();
    for await (const { side, frames } of alongside(inTurn(readers, "a"), inTurn(readers, "b"))) {
      options.signal.throwIfAborted();
      let rows = 0;
      for (let at = 0; at < frames.length; rows++) {
        const end = frameEnd(frames, at);
        // As a string of one character per byte: a third of the time that a Buffer takes.
        const digest = hash("sha256", columns.canonical(side, frames.subarray(at, end)), "binary");
        at = end;
        if (lies(digest, partition)) count(balance, digest.slice(0, DIGEST_CHARS), side === "a" ? 1 : -1);
      }
      options.onRows(rows, frames.length);
      while (balance.size > limits.digestsMax) {
        const { of, at } = partition;
        if (of >= limits.partitionsMax) return undefined;
        partitions.push({ of: 2 * of, at: at + of });
        partition = { of: 2 * of, at };
        for (const key of balance.keys()) if (!lies(key, partition)) balance.delete(key);
      }
    }
    for (const rows of balance.values()) {
      if (rows > 0) counted.missing += rows;
      else counted.extra -= rows;
    }
  }
  return counted;
};

const rowsIn = (slices: readonly TableSlice[]): number => slices.reduce((rows, { table }) => rows + table.rows, 0);

/** Rows whose digest begins with a number that is `at` modulo `of`, a power of two. */
interface Partition {
  readonly of: number;
  readonly at: number;
}

const lies = (digest: string, { of, at }: Partition): boolean =>
  ((digest.charCodeAt(0) | (digest.charCodeAt(1) << 8) | (digest.charCodeAt(2) << 16)) & (of - 1)) === at;

const count = (balance: Map<string, number>, key: string, step: 1 | -1): void => {
  const rows = (balance.get(key) ?? 0) + step;
  if (rows === 0) balance.delete(key);
  else balance.set(key, rows);
};

type Frames = AsyncGenerator<Buffer>;

/** Row frames of each side that must be read, from the start at every call. */
interface Readers {
  readonly a: () => Frames;
  readonly b: () => Frames;
}

async function* inTurn(readers: readonly Readers[], side: "a" | "b"): Frames {
  for (const reader of readers) yield* reader[side]();
}

const rowsLeft = async ({ a, b }: SlicePair, aligned: boolean): Promise<Readers> => {
  const bases = { a: onlyBase(a), b: onlyBase(b) };
  if (!aligned || bases.a === undefined || bases.b === undefined)
    return { a: () => readTable(a.source, a.table), b: () => readTable(b.source, b.table) };
  const marks = await markShared(a, bases.a, b, bases.b);
  const [pagesA, pagesB] = [bases.a, bases.b];
  return { a: () => plain(a, pagesA, marks.a), b: () => plain(b, pagesB, marks.b) };
};

/** The pages of a table that is all base, as a table without a key always is. */
const onlyBase = ({ table }: TableSlice): readonly PageRef[] | undefined =>
  table.layers.length === 1 ? table.layers[0]?.pages : undefined;

async function* plain(side: TableSlice, pages: readonly PageRef[], marks: ChunkMarks): Frames {
  for await (const chunk of unmarkedChunks(side.source, pages, marks)) yield chunk.plain;
}

/** Marks the chunks that both have, each as often as both have it. Holds one side's ids: 100 MB for a terabyte. */
const markShared = async (
  a: TableSlice,
  pagesA: readonly PageRef[],
  b: TableSlice,
  pagesB: readonly PageRef[],
): Promise<{ readonly a: ChunkMarks; readonly b: ChunkMarks }> => {
  const marks = { a: new ChunkMarks(pagesA), b: new ChunkMarks(pagesB) };
  const inA = new Map<string, number>();
  for await (const { entry } of chunkEntries(a.source, pagesA)) inA.set(entry.id, (inA.get(entry.id) ?? 0) + 1);
  const inBoth = new Map<string, number>();
  for await (const { entry, place } of chunkEntries(b.source, pagesB)) {
    const both = inBoth.get(entry.id) ?? 0;
    if (both >= (inA.get(entry.id) ?? 0)) continue;
    inBoth.set(entry.id, both + 1);
    marks.b.mark(place);
  }
  for await (const { entry, place } of chunkEntries(a.source, pagesA)) {
    const both = inBoth.get(entry.id) ?? 0;
    if (both === 0) continue;
    inBoth.set(entry.id, both - 1);
    marks.a.mark(place);
  }
  return marks;
};

/**
 * The frames of both sides, always those of the one that is behind in bytes: chunks differ in size, and sides that drift
 * apart keep what lies between them in memory.
 */
async function* alongside(a: Frames, b: Frames): AsyncGenerator<{ readonly side: "a" | "b"; readonly frames: Buffer }> {
  const read = { a: 0, b: 0 };
  for (;;) {
    const side = read.a <= read.b ? "a" : "b";
    const next = await (side === "a" ? a : b).next();
    if (next.done !== true) {
      read[side] += next.value.length;
      yield { side, frames: next.value };
    } else if (read[side] === Number.POSITIVE_INFINITY) return;
    else read[side] = Number.POSITIVE_INFINITY;
  }
}
