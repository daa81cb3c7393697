import type { Layer, PageRef } from "../../model/point.ts";
import { compareAt, keyOf, LayerRows, type TableSide } from "./layer-rows.ts";
import { LookUp } from "./look-up.ts";
import type { Tally } from "./tally.ts";

/** How many layers two sides of a table have in common, from the base on. Page names are never used twice. */
export const layersShared = (a: readonly Layer[], b: readonly Layer[]): number => {
  let shared = 0;
  while (shared < a.length && shared < b.length && sameLayer(a[shared] as Layer, b[shared] as Layer)) shared++;
  return shared;
};

const sameLayer = (a: Layer, b: Layer): boolean => samePages(a.pages, b.pages) && samePages(a.gone, b.gone);

const samePages = (a: readonly PageRef[], b: readonly PageRef[]): boolean =>
  a.length === b.length && a.every((page, i) => page.name === b[i]?.name);

/**
 * Compares two sides that share their first layers: only keys in the layers beyond can differ. A key that just one side's
 * extra layers hold has its other state in the shared layers. Deltas may name rows that did not change: those are equal
 * on both sides and no difference.
 */
export const compareNeighbours = async (a: TableSide, b: TableSide, shared: number, tally: Tally): Promise<void> => {
  const extraA = new LayerRows(a.source, a.table.layers.slice(shared), "rows");
  const extraB = new LayerRows(b.source, b.table.layers.slice(shared), "rows");
  const before = new LookUp(a.source, a.table.layers.slice(0, shared));
  await extraA.advance();
  await extraB.advance();
  while (extraA.active || extraB.active) {
    const order = !extraB.active ? -1 : !extraA.active ? 1 : compareAt(extraA.at, extraB.at);
    const common = order === 0 ? undefined : await before.find(keyOf(order < 0 ? extraA.at : extraB.at));
    tally.add(order <= 0 ? extraA.frame : common, order >= 0 ? extraB.frame : common);
    if (order <= 0) await extraA.advance();
    if (order >= 0) await extraB.advance();
  }
};
