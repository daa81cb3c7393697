import type { Layer, PageRef } from "../../model/point.ts";
import { compareKeys } from "../key-list.ts";
import { compareAt, type PairedRows, type TableSide, type TableSlice } from "./layer-rows.ts";
import { MergedRows } from "./merged-rows.ts";
import { layersShared, NeighbourRows } from "./neighbour-rows.ts";
import type { Tally } from "./tally.ts";

/** The slices of one day on both sides. Where one side has no row of that day, its slice is one without layers. */
export interface SlicePair {
  readonly a: TableSlice;
  readonly b: TableSlice;
  /** Layers that both have, from the base on. */
  readonly shared: number;
}

/**
 * Pairs the slices of a table by day; those that are the same on both sides are left out.
 * @param aligned  equal bytes are equal rows
 */
export const pairSlices = (a: TableSide, b: TableSide, aligned: boolean): readonly SlicePair[] => {
  const days = new Set([...a.slices, ...b.slices].map(dayOf));
  return [...days].flatMap((day) => {
    const [one, two] = [a, b].map((side) => side.slices.find((slice) => dayOf(slice) === day));
    const pair = { a: one ?? without(two as TableSlice), b: two ?? without(one as TableSlice) };
    const [layersA, layersB] = [pair.a.table.layers, pair.b.table.layers];
    const shared = aligned ? layersShared(layersA, layersB) : 0;
    return shared > 0 && shared === layersA.length && shared === layersB.length ? [] : [{ ...pair, shared }];
  });
};

const dayOf = ({ table }: TableSlice): string | undefined => table.facts.slice?.day;

const without = (slice: TableSlice): TableSlice => ({ ...slice, table: { ...slice.table, rows: 0, layers: [] } });

/**
 * Compares pairs of slices by key. Each pair passes over what both of it have; what is left is merged, so that a row which
 * went from one day to another is one row that changed. A pair is opened when the merge comes to its first key: where keys
 * grow with time, few are open at once.
 */
export const compareSlices = async (pairs: readonly SlicePair[], aligned: boolean, tally: Tally): Promise<void> => {
  const waiting = pairs.map((pair) => ({ pair, first: firstKey(pair) }));
  waiting.sort((one, two) => (one.first < two.first ? -1 : 1));
  const open: PairedRows[] = [];
  for (;;) {
    let next = waiting[0];
    while (next !== undefined && (open[0] === undefined || reaches(open[0], next.first))) {
      const rows = pairedRows(next.pair, aligned);
      await rows.start();
      if (rows.active) insert(open, rows);
      waiting.shift();
      next = waiting[0];
    }
    const current = open.shift();
    if (current === undefined) return;
    let { a, b } = current;
    const others: PairedRows[] = [];
    while (open[0] !== undefined && compareAt(open[0].at, current.at) === 0) {
      const other = open.shift() as PairedRows;
      a ??= other.a;
      b ??= other.b;
      others.push(other);
    }
    tally.add(a, b);
    for (const rows of [current, ...others]) {
      const moved = rows.advance();
      if (moved !== undefined) await moved;
      if (rows.active) insert(open, rows);
    }
  }
};

const pairedRows = ({ a, b, shared }: SlicePair, aligned: boolean): PairedRows =>
  shared > 0 ? new NeighbourRows(a, b, shared) : new MergedRows(a, b, aligned);

/** In hex, the first key of a pair's layers that are not shared; empty if there is none. */
const firstKey = ({ a, b, shared }: SlicePair): string => {
  const own = (layers: readonly Layer[]): readonly Layer[] => layers.slice(shared);
  const pages: readonly (PageRef | undefined)[] = [...own(a.table.layers), ...own(b.table.layers)].flatMap((layer) => [
    layer.pages[0],
    layer.gone[0],
  ]);
  return pages.flatMap((page) => (page === undefined ? [] : [page.first])).toSorted()[0] ?? "";
};

const reaches = ({ at: { keys, index } }: PairedRows, first: string): boolean => {
  const key = Buffer.from(first, "hex");
  return compareKeys(keys.bytes, keys.start(index), keys.end(index), key, 0, key.length) >= 0;
};

/** Puts a pair where its key belongs: the lowest is in front, where one mostly goes back to. */
const insert = (open: PairedRows[], rows: PairedRows): void => {
  let at = 0;
  while (at < open.length && compareAt((open[at] as PairedRows).at, rows.at) < 0) at++;
  open.splice(at, 0, rows);
};
