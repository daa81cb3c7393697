/** What a cell says, and so how the page writes it. In CSV an instant is ISO 8601 in UTC, a duration milliseconds, a size bytes. */
export type CellKind = "text" | "prose" | "digest" | "light" | "instant" | "deadline" | "count" | "bytes" | "duration";

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
  /** Rows as the page shows them, some as one, in the order that is told in words. */
  readonly onPage: { readonly words: string; readonly cells: readonly (readonly Cell[])[] };
}

interface Column<Row> extends Heading {
  readonly of: (row: Row) => Cell;
}

/** Makes a column of each kind. Without a title it is in CSV only. */
export type Columns<Row> = Readonly<
  Record<CellKind, (name: string, title: string | undefined, of: (row: Row) => Cell) => Column<Row>>
>;

interface TableOf<Row> extends Omit<ReportTable, "headings" | "cells" | "onPage"> {
  readonly rows: readonly Row[];
  readonly columns: (make: Columns<Row>) => readonly Column<Row>[];
  /** What the page shows instead of the rows: those of days of a class as one. */
  readonly onPage?: (rows: readonly Row[]) => readonly Row[];
  /** Which of them it shows first. */
  readonly first?: { readonly words: string; readonly by: (a: Row, b: Row) => number };
}

export const tableOf = <Row>({ columns, rows, onPage = (all) => all, first, ...table }: TableOf<Row>): ReportTable => {
  const made = columns(columnsOf<Row>());
  const cellsOf = (row: Row): readonly Cell[] => made.map(({ of }) => of(row));
  return {
    ...table,
    headings: made.map(({ of: _, ...heading }) => heading),
    cells: rows.map(cellsOf),
    onPage: {
      words: first?.words ?? "in order",
      cells: (first === undefined ? onPage(rows) : onPage(rows).toSorted(first.by)).map(cellsOf),
    },
  };
};

const columnsOf = <Row>(): Columns<Row> => {
  const kind =
    (name: CellKind): Columns<Row>[CellKind] =>
    (column, title, of) => ({ name: column, kind: name, of, ...(title !== undefined && { title }) });
  return {
    text: kind("text"),
    prose: kind("prose"),
    digest: kind("digest"),
    light: kind("light"),
    instant: kind("instant"),
    deadline: kind("deadline"),
    count: kind("count"),
    bytes: kind("bytes"),
    duration: kind("duration"),
  };
};
