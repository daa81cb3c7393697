import { compareKeys } from "../key-list.ts";
import { ChunkMarks, chunkEntries } from "./base-rows.ts";
import { compareAt, LayerRows, type TableSide } from "./layer-rows.ts";
import { LiveRows } from "./live-rows.ts";
import type { Tally } from "./tally.ts";

/**
 * Compares two sides by key that share no layers. Base chunks that both have and that no delta of either touches cancel
 * out unopened; the rest is merged row by row. Memory: a page and a few chunks of each layer, and a bit per chunk.
 *
 * @param aligned  equal bytes are equal rows, so that chunks may cancel out
 */
export const compareMerged = async (a: TableSide, b: TableSide, aligned: boolean, tally: Tally): Promise<void> => {
  const marks = { a: marksOf(a), b: marksOf(b) };
  if (aligned) await markShared(a, b, marks);
  const rowsA = new LiveRows(a, marks.a);
  const rowsB = new LiveRows(b, marks.b);
  await rowsA.start();
  await rowsB.start();
  while (rowsA.active || rowsB.active) {
    const order = !rowsB.active ? -1 : !rowsA.active ? 1 : compareAt(rowsA.at, rowsB.at);
    tally.add(order <= 0 ? rowsA.frame : undefined, order >= 0 ? rowsB.frame : undefined);
    if (order <= 0) {
      const moved = rowsA.advance();
      if (moved !== undefined) await moved;
    }
    if (order >= 0) {
      const moved = rowsB.advance();
      if (moved !== undefined) await moved;
    }
  }
};

const marksOf = ({ table }: TableSide): ChunkMarks => new ChunkMarks(table.layers[0]?.pages ?? []);

/**
 * Marks the chunks that both bases have. Equal ids are equal rows, so they begin with the same key: a walk along both
 * lists by first key finds them all.
 */
const markShared = async (a: TableSide, b: TableSide, marks: { a: ChunkMarks; b: ChunkMarks }): Promise<void> => {
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

  constructor(sides: readonly TableSide[]) {
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
