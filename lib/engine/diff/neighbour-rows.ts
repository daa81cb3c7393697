import type { Layer, PageRef } from "../../model/point.ts";
import { compareAt, type KeyAt, keyOf, LayerRows, type PairedRows, type TableSlice } from "./layer-rows.ts";
import { LookUp } from "./look-up.ts";

/** How many layers two slices have in common, from the base on. Page names are never used twice. */
export const layersShared = (a: readonly Layer[], b: readonly Layer[]): number => {
  let shared = 0;
  while (shared < a.length && shared < b.length && sameLayer(a[shared] as Layer, b[shared] as Layer)) shared++;
  return shared;
};

const sameLayer = (a: Layer, b: Layer): boolean => samePages(a.pages, b.pages) && samePages(a.gone, b.gone);

const samePages = (a: readonly PageRef[], b: readonly PageRef[]): boolean =>
  a.length === b.length && a.every((page, i) => page.name === b[i]?.name);

/**
 * What two slices that share their first layers have by key: only keys in the layers beyond can differ. A key that just one
 * side's extra layers hold has its other state in the shared layers. Deltas may name rows that did not change: those are
 * equal on both sides and no difference.
 */
export class NeighbourRows implements PairedRows {
  readonly #extraA: LayerRows;
  readonly #extraB: LayerRows;
  readonly #before: LookUp;
  #order = 0;
  #common: Buffer | undefined;

  constructor(a: TableSlice, b: TableSlice, shared: number) {
    this.#extraA = new LayerRows(a.source, a.table.layers.slice(shared), "rows");
    this.#extraB = new LayerRows(b.source, b.table.layers.slice(shared), "rows");
    this.#before = new LookUp(a.source, a.table.layers.slice(0, shared));
  }

  async start(): Promise<void> {
    await this.#extraA.advance();
    await this.#extraB.advance();
    await this.#settle();
  }

  async advance(): Promise<void> {
    const order = this.#order;
    if (order <= 0) await this.#extraA.advance();
    if (order >= 0) await this.#extraB.advance();
    await this.#settle();
  }

  get active(): boolean {
    return this.#extraA.active || this.#extraB.active;
  }

  get at(): KeyAt {
    return this.#order <= 0 ? this.#extraA.at : this.#extraB.at;
  }

  get a(): Buffer | undefined {
    return this.#order <= 0 ? this.#extraA.frame : this.#common;
  }

  get b(): Buffer | undefined {
    return this.#order >= 0 ? this.#extraB.frame : this.#common;
  }

  async #settle(): Promise<void> {
    const [a, b] = [this.#extraA, this.#extraB];
    if (!this.active) return;
    this.#order = !b.active ? -1 : !a.active ? 1 : compareAt(a.at, b.at);
    this.#common = this.#order === 0 ? undefined : await this.#before.find(keyOf(this.at));
  }
}
