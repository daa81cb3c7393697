import { BaseRows, type ChunkMarks } from "./base-rows.ts";
import { compareAt, type KeyAt, LayerRows, type TableSide } from "./layer-rows.ts";

/** The rows of a table, its base merged with its deltas, one at a time in key order; rows of marked base chunks are passed over. */
export class LiveRows {
  active = false;
  readonly #base: BaseRows;
  readonly #deltas: LayerRows;
  #current: BaseRows | LayerRows | undefined;

  constructor({ source, table }: TableSide, marks: ChunkMarks) {
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

  get frame(): Buffer {
    return (this.#current as BaseRows | LayerRows).frame as Buffer;
  }

  /** Finds the side whose row counts: a delta's entry takes the place of the base row of its key. */
  #settle(): void | Promise<void> {
    for (;;) {
      const base = this.#base;
      const deltas = this.#deltas;
      const order = !deltas.active ? -1 : !base.active ? 1 : compareAt(base.at, deltas.at);
      if (order < 0) {
        this.#current = base;
        this.active = base.active;
        return;
      }
      if (order > 0 && !deltas.gone) {
        this.#current = deltas;
        this.active = true;
        return;
      }
      const moved = order === 0 ? base.advance() : deltas.advance();
      if (moved !== undefined) return moved.then(() => this.#settle());
    }
  }
}
