import {
  type ChangedSample,
  type DifferenceSamples,
  type RowSample,
  type RowTexts,
  SAMPLE_CHARS_MAX,
  type TableDifference,
} from "../../model/difference.ts";
import type { TableFacts } from "../../model/table.ts";
import type { Columns, CommonColumn } from "./columns.ts";

/** Rows between two looks at the signal and two reports of progress. */
const ROWS_PER_BEAT = 4096;

export interface DiffOptions {
  /** Samples of each kind per table, at most SAMPLES_MAX. */
  readonly samplesMax: number;
  /** Rows compared since the last call, and their bytes. */
  readonly onRows: (rows: number, bytes: number) => void;
  readonly signal: AbortSignal;
}

export type Counts = Pick<TableDifference, "missing" | "extra" | "changed" | "columnsChanged" | "samples">;

/** Counts differing rows of one table and keeps the first of each kind. */
export class Tally {
  missing = 0;
  extra = 0;
  changed = 0;
  readonly #facts: { readonly a: TableFacts; readonly b: TableFacts };
  readonly #columns: Columns;
  readonly #options: DiffOptions;
  readonly #rowsByColumn: number[];
  readonly #samples = { missing: [] as RowSample[], extra: [] as RowSample[], changed: [] as ChangedSample[] };
  #rows = 0;
  #bytes = 0;

  constructor(a: TableFacts, b: TableFacts, columns: Columns, options: DiffOptions) {
    this.#facts = { a, b };
    this.#columns = columns;
    this.#options = options;
    this.#rowsByColumn = columns.common.map(() => 0);
  }

  /** Takes what each side has under one key; undefined is no row. */
  add(a: Buffer | undefined, b: Buffer | undefined): void {
    this.#beat((a?.length ?? 0) + (b?.length ?? 0));
    const { samplesMax } = this.#options;
    if (a !== undefined && b !== undefined) this.#compare(a, b);
    else if (a !== undefined) {
      if (this.missing++ < samplesMax) this.#samples.missing.push(this.#sample("a", a));
    } else if (b !== undefined) {
      if (this.extra++ < samplesMax) this.#samples.extra.push(this.#sample("b", b));
    }
  }

  result(): Counts {
    this.#report();
    const samples: DifferenceSamples = this.#samples;
    const columnsChanged = this.#columns.common.flatMap(({ name }, place) => {
      const rows = this.#rowsByColumn[place] as number;
      return rows === 0 ? [] : [{ name, rows }];
    });
    return { missing: this.missing, extra: this.extra, changed: this.changed, columnsChanged, samples };
  }

  #compare(a: Buffer, b: Buffer): void {
    const places = this.#columns.differing(a, b);
    if (places.length === 0) return;
    for (const place of places) this.#rowsByColumn[place] = (this.#rowsByColumn[place] as number) + 1;
    if (this.changed++ >= this.#options.samplesMax) return;
    const textsA = this.#columns.texts("a", a);
    const textsB = this.#columns.texts("b", b);
    this.#samples.changed.push({
      key: this.#key("b", textsB),
      columns: places.map((place) => {
        const column = this.#columns.common[place] as CommonColumn;
        return { name: column.name, a: cut(textsA[column.a]), b: cut(textsB[column.b]) };
      }),
    });
  }

  #sample(side: "a" | "b", frame: Buffer): RowSample {
    const texts = this.#columns.texts(side, frame);
    const row = named(this.#facts[side].columns.map((column, i) => [column.name, cut(texts[i])]));
    return { key: this.#key(side, texts), row };
  }

  #key(side: "a" | "b", texts: readonly (string | null)[]): RowTexts {
    return named((this.#facts[side].key ?? []).map(({ name, position }) => [name, cut(texts[position])]));
  }

  #beat(bytes: number): void {
    this.#bytes += bytes;
    if (++this.#rows >= ROWS_PER_BEAT) this.#report();
  }

  #report(): void {
    this.#options.signal.throwIfAborted();
    if (this.#rows > 0) this.#options.onRows(this.#rows, this.#bytes);
    this.#rows = 0;
    this.#bytes = 0;
  }
}

/** A column may be called `__proto__`: fromEntries makes it a name like any other. */
const named = (entries: readonly (readonly [string, string | null])[]): RowTexts => Object.fromEntries(entries);

const cut = (text: string | null | undefined): string | null => {
  if (text === null || text === undefined || text.length <= SAMPLE_CHARS_MAX) return text ?? null;
  return `${text.slice(0, SAMPLE_CHARS_MAX)}… (${text.length} characters)`;
};
