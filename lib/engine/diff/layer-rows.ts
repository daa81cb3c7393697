import type { Layer, PartTable } from "../../model/point.ts";
import type { TableFacts } from "../../model/table.ts";
import { compareKeys, type KeyList } from "../key-list.ts";
import { type Entry, type LayerSource, layerCursors, Merge } from "../layers.ts";

/** A key where it lies. */
export interface KeyAt {
  readonly keys: KeyList;
  readonly index: number;
}

export const compareAt = (a: KeyAt, b: KeyAt): number =>
  compareKeys(
    a.keys.bytes,
    a.keys.start(a.index),
    a.keys.end(a.index),
    b.keys.bytes,
    b.keys.start(b.index),
    b.keys.end(b.index),
  );

export const keyOf = (at: KeyAt): Buffer => at.keys.key(at.index);

/** What one part holds of a table, all rows of it or those of a day: its layers, and where they are read from. */
export interface TableSlice {
  readonly source: LayerSource;
  readonly table: PartTable;
}

/** One side of a table: its slices, none of which share a row. */
export interface TableSide {
  readonly class: string;
  /** Of every slice, but for which of the rows it has. */
  readonly facts: TableFacts;
  readonly rows: number;
  readonly slices: readonly TableSlice[];
}

/** What two slices have under each key under which they may differ, in key order; no row is undefined. */
export interface PairedRows {
  readonly active: boolean;
  readonly at: KeyAt;
  readonly a: Buffer | undefined;
  readonly b: Buffer | undefined;
  start(): Promise<void>;
  /** Moves on; a promise only when a page or chunk must be read. */
  advance(): void | Promise<void>;
}

/** What some layers of a table say by key, the newest wins: rows, and keys that are gone. In key order. */
export class LayerRows {
  active = false;
  readonly #merge: Merge;
  #at: Entry | undefined;

  constructor(source: LayerSource, layers: readonly Layer[], read: "keys" | "rows") {
    this.#merge = new Merge(layerCursors(source, layers, { withRows: read === "rows", range: {}, firstRank: 0 }));
  }

  /** Moves on; a promise only when a page or chunk must be read. */
  advance(): void | Promise<void> {
    const more = this.#merge.next();
    if (typeof more !== "boolean") return more.then((yes) => this.#arrive(yes));
    this.#arrive(more);
  }

  #arrive(more: boolean): void {
    this.active = more;
    this.#at = more ? this.#merge.current.entry() : undefined;
  }

  get at(): KeyAt {
    return this.#at as Entry;
  }

  get gone(): boolean {
    return this.#merge.current.gone;
  }

  /** The row, or undefined for a key that is gone. */
  get frame(): Buffer | undefined {
    const { frames, frameStart, frameEnd } = this.#at as Entry;
    return this.gone ? undefined : frames?.subarray(frameStart, frameEnd);
  }
}
