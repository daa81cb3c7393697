/** What a cell says, and so how the page writes it. In CSV an instant is ISO 8601 in UTC, a duration milliseconds, a size bytes. */
export type CellKind = "text" | "digest" | "light" | "instant" | "deadline" | "count" | "bytes" | "duration";

export type Cell = string | number | undefined;

interface Heading {
  /** In CSV. */
  readonly name: string;
  /** On the page; left out, the column is in CSV only. */
  readonly title?: string;
  readonly kind: CellKind;
}

/** One table of the report, as page and CSV draw it. */
export interface ReportTable {
  /** `expiries`: its CSV is `09-expiries.csv`. */
  readonly name: string;
  readonly section: number;
  readonly title: string;
  /** Said instead of an empty table. */
  readonly none: string;
  readonly headings: readonly Heading[];
  readonly cells: readonly (readonly Cell[])[];
  /** Which of them the page shows first, in words, and the rows in that order. */
  readonly first?: { readonly words: string; readonly cells: readonly (readonly Cell[])[] };
}

export interface Column<Row> extends Heading {
  readonly of: (row: Row) => Cell;
}

interface TableOf<Row> extends Omit<ReportTable, "headings" | "cells" | "first"> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly first?: { readonly words: string; readonly by: (a: Row, b: Row) => number };
}

export const tableOf = <Row>({ columns, rows, first, ...table }: TableOf<Row>): ReportTable => {
  const cellsOf = (row: Row): readonly Cell[] => columns.map(({ of }) => of(row));
  return {
    ...table,
    headings: columns.map(({ name, kind, ...rest }) => ({ name, kind, ...("title" in rest && { title: rest.title }) })),
    cells: rows.map(cellsOf),
    ...(first && { first: { words: first.words, cells: rows.toSorted(first.by).map(cellsOf) } }),
  };
};

type Make = <Row>(name: string, title: string | undefined, of: (row: Row) => Cell) => Column<Row>;

const made =
  (kind: CellKind): Make =>
  (name, title, of) => ({ name, kind, of, ...(title !== undefined && { title }) });

export const text = made("text");
export const digest = made("digest");
export const light = made("light");
export const instant = made("instant");
export const deadline = made("deadline");
export const count = made("count");
export const bytes = made("bytes");
export const duration = made("duration");
