import { BaseRows, type ChunkMarks } from "./base-rows.ts";
import { compareAt, type KeyAt, LayerRows, type TableSlice } from "./layer-rows.ts";

/**
 * What a table holds by key, its base merged with its deltas, one key at a time in order: a row, or nothing for a key that
 * is gone. Rows of marked base chunks are passed over.
 */
export class LiveRows {
  active = false;
  readonly #base: BaseRows;
  readonly #deltas: LayerRows;
  #current: BaseRows | LayerRows | undefined;

  constructor({ source, table }: TableSlice, marks: ChunkMarks) {
    const [base, ...deltas] = table.layers;
    this.#base = new BaseRows(source, base?.pages ?? [], marks);
    this.#deltas = new LayerRows(source, deltas, "rows");
  }

  async start(): Promise<void> {
    await this.#base.advance();
    await this.#deltas.advance();
    await this.#settle();
  }

  /** Moves on; a promise only when a page or chunk must be read. */
  advance(): void | Promise<void> {
    const moved = this.#current?.advance();
    return moved === undefined ? this.#settle() : moved.then(() => this.#settle());
  }

  get at(): KeyAt {
    return (this.#current as BaseRows | LayerRows).at;
  }

  /** The row, or undefined for a key that is gone. */
  get frame(): Buffer | undefined {
    return (this.#current as BaseRows | LayerRows).frame;
  }

  /** Finds what counts at the next key: a delta's entry takes the place of the base row of its key. */
  #settle(): void | Promise<void> {
    const [base, deltas] = [this.#base, this.#deltas];
    const order = !deltas.active ? -1 : !base.active ? 1 : compareAt(base.at, deltas.at);
    this.#current = order < 0 ? base : deltas;
    this.active = this.#current.active;
    return order === 0 ? base.advance() : undefined;
  }
}
