import { compareKeys } from "../key-list.ts";
import { ChunkMarks, chunkEntries } from "./base-rows.ts";
import { compareAt, type KeyAt, LayerRows, type PairedRows, type TableSlice } from "./layer-rows.ts";
import { LiveRows } from "./live-rows.ts";

/**
 * What two slices that share no layers have by key. Base chunks that both have and that no delta of either touches cancel
 * out unopened; the rest is merged row by row. Memory: a page and a few chunks of each layer, and a bit per chunk.
 */
export class MergedRows implements PairedRows {
  readonly #slices: readonly [TableSlice, TableSlice];
  readonly #aligned: boolean;
  readonly #marks: { readonly a: ChunkMarks; readonly b: ChunkMarks };
  readonly #rowsA: LiveRows;
  readonly #rowsB: LiveRows;
  #order = 0;

  /** @param aligned  equal bytes are equal rows, so that chunks may cancel out */
  constructor(a: TableSlice, b: TableSlice, aligned: boolean) {
    this.#slices = [a, b];
    this.#aligned = aligned;
    this.#marks = { a: marksOf(a), b: marksOf(b) };
    this.#rowsA = new LiveRows(a, this.#marks.a);
    this.#rowsB = new LiveRows(b, this.#marks.b);
  }

  async start(): Promise<void> {
    if (this.#aligned) await markShared(...this.#slices, this.#marks);
    await this.#rowsA.start();
    await this.#rowsB.start();
    this.#settle();
  }

  advance(): void | Promise<void> {
    const movedA = this.#order <= 0 ? this.#rowsA.advance() : undefined;
    const movedB = this.#order >= 0 ? this.#rowsB.advance() : undefined;
    if (movedA === undefined && movedB === undefined) this.#settle();
    else return Promise.all([movedA, movedB]).then(() => this.#settle());
  }

  get active(): boolean {
    return this.#rowsA.active || this.#rowsB.active;
  }

  get at(): KeyAt {
    return this.#order <= 0 ? this.#rowsA.at : this.#rowsB.at;
  }

  get a(): Buffer | undefined {
    return this.#order <= 0 ? this.#rowsA.frame : undefined;
  }

  get b(): Buffer | undefined {
    return this.#order >= 0 ? this.#rowsB.frame : undefined;
  }

  #settle(): void {
    const [a, b] = [this.#rowsA, this.#rowsB];
    this.#order = !b.active ? -1 : !a.active ? 1 : compareAt(a.at, b.at);
  }
}

const marksOf = ({ table }: TableSlice): ChunkMarks => new ChunkMarks(table.layers[0]?.pages ?? []);

/**
 * Marks the chunks that both bases have. Equal ids are equal rows, so they begin with the same key: a walk along both
 * lists by first key finds them all.
 */
const markShared = async (a: TableSlice, b: TableSlice, marks: { a: ChunkMarks; b: ChunkMarks }): Promise<void> => {
  const touches = new Touches([a, b]);
  const chunksA = chunkEntries(a.source, a.table.layers[0]?.pages ?? []);
  const chunksB = chunkEntries(b.source, b.table.layers[0]?.pages ?? []);
  let x = await chunksA.next();
  let y = await chunksB.next();
  while (!x.done && !y.done) {
    const [one, two] = [x.value.entry, y.value.entry];
    const order = one.first < two.first ? -1 : one.first > two.first ? 1 : 0;
    if (order === 0 && one.id === two.id && !(await touches.within(one.first, one.last))) {
      marks.a.mark(x.value.place);
      marks.b.mark(y.value.place);
    }
    if (order <= 0) x = await chunksA.next();
    if (order >= 0) y = await chunksB.next();
  }
};

/** The keys that deltas of some sides say anything about, walked once: ask for ranges in ascending order. */
class Touches {
  readonly #deltas: readonly LayerRows[];
  #started = false;

  constructor(sides: readonly TableSlice[]) {
    this.#deltas = sides.map(({ source, table }) => new LayerRows(source, table.layers.slice(1), "keys"));
  }

  /** Whether any delta has a key from `first` to `last`, both in hex and inclusive. */
  async within(first: string, last: string): Promise<boolean> {
    if (!this.#started) for (const delta of this.#deltas) await delta.advance();
    this.#started = true;
    const low = Buffer.from(first, "hex");
    const high = Buffer.from(last, "hex");
    let touched = false;
    for (const delta of this.#deltas) {
      while (delta.active && isBefore(delta, low)) {
        const moved = delta.advance();
        if (moved !== undefined) await moved;
      }
      touched ||= delta.active && !isAfter(delta, high);
    }
    return touched;
  }
}

const compareTo = ({ at: { keys, index } }: LayerRows, key: Buffer): number =>
  compareKeys(keys.bytes, keys.start(index), keys.end(index), key, 0, key.length);
const isBefore = (delta: LayerRows, key: Buffer): boolean => compareTo(delta, key) < 0;
const isAfter = (delta: LayerRows, key: Buffer): boolean => compareTo(delta, key) > 0;
