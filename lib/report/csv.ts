import type { Cell, CellKind, ReportTable } from "./table.ts";

/**
 * A spreadsheet takes a cell that begins with one of these for a formula, and may run it: the ASCII ones, their full-width
 * twins, and what it skips before it looks.
 */
const FORMULA = /^[=+\-@＝＋－＠\t\r\n]/;
const QUOTED = /[",\r\n]/;
const INSTANTS: ReadonlySet<CellKind> = new Set(["instant", "deadline"]);

/** A table by RFC 4180, in UTF-8. Text that a spreadsheet would take for a formula gets an apostrophe before it. */
export const csvOf = ({ headings, cells }: ReportTable): string =>
  [headings.map(({ name }) => name), ...cells.map((row) => row.map((cell, i) => written(cell, headings[i]?.kind)))]
    .map((row) => `${row.map(quoted).join(",")}\r\n`)
    .join("");

export const csvNameOf = ({ section, name }: Pick<ReportTable, "section" | "name">): string =>
  `${String(section).padStart(2, "0")}-${name}.csv`;

const written = (cell: Cell, kind: CellKind | undefined): string => {
  if (cell === undefined) return "";
  // A number may begin with a minus: it is one.
  if (typeof cell === "number")
    return kind !== undefined && INSTANTS.has(kind) ? new Date(cell).toISOString() : `${cell}`;
  return FORMULA.test(cell) ? `'${cell}` : cell;
};

const quoted = (cell: string): string => (QUOTED.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
