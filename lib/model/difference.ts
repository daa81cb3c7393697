import type { EpochMs } from "./units.ts";

/**
 * What differs between two states of a database: `a` is what was, `b` what is compared with it. So `missing` rows are in
 * a and not in b, `extra` rows in b and not in a. This is the document `point diff --json` prints. It is
 * plain JSON: texts, numbers, null; no field is ever left out, and a change that is more than a new field raises `format`.
 */
export interface Difference {
  readonly format: 1;
  readonly kind: "difference";
  readonly a: DifferenceSide;
  readonly b: DifferenceSide;
  readonly totals: DifferenceTotals;
  /** Every table of both sides that was looked at, also the equal ones, in order of class, schema and name. */
  readonly tables: readonly TableDifference[];
  /** What one side can no longer be read in, so that nothing of it was compared and counted. */
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut {
  readonly class: string;
  /**
   * Business days whose rows were left out, of a class whose rows leave by their age; null for the whole class. Without a
   * last one they are the first day and all later ones, and rows without a date.
   */
  readonly days: { readonly first: string; readonly last: string | null } | null;
  readonly because: string;
}

export interface DifferenceSide {
  /** Id of the point; null for the live database. */
  readonly point: string | null;
  readonly database: string;
  /** The moment the side shows, by its server's clock. */
  readonly takenAt: EpochMs;
}

export interface DifferenceTotals {
  readonly tables: number;
  /** Tables with a row or a column that differs, or that only one side has, or that could not be compared. */
  readonly tablesDifferent: number;
  readonly missing: number;
  readonly extra: number;
  readonly changed: number;
}

export interface TableDifference {
  /** Null on the side that has no such table; never null on both. Two names differ where the table was renamed. */
  readonly a: TableShown | null;
  readonly b: TableShown | null;
  /**
   * - `key`: row by row by primary key.
   * - `row`: as multisets of whole rows (of the columns both sides have), because there is no key in common: an updated
   *   row counts as one missing and one extra, `changed` is 0, and there are no samples.
   * - `presence`: one side has no such table; all rows of the other count.
   * - `nothing`: it could not be compared; the counts are 0 and say nothing.
   */
  readonly comparedBy: "key" | "row" | "presence" | "nothing";
  /** Why not by key; null for `key`. */
  readonly because: string | null;
  readonly missing: number;
  readonly extra: number;
  readonly changed: number;
  /** Per column that both sides have: in how many changed rows it differs. Columns that differ nowhere are left out. */
  readonly columnsChanged: readonly { readonly name: string; readonly rows: number }[];
  readonly columnsAdded: readonly string[];
  readonly columnsDropped: readonly string[];
  readonly columnsRetyped: readonly { readonly name: string; readonly a: string; readonly b: string }[];
  readonly samples: DifferenceSamples;
}

export interface TableShown {
  readonly class: string;
  readonly schema: string;
  readonly name: string;
  /** Without those of days that were left out. */
  readonly rows: number;
}

/** The first rows of each kind in key order, at most as many as were asked for. */
export interface DifferenceSamples {
  readonly missing: readonly RowSample[];
  readonly extra: readonly RowSample[];
  readonly changed: readonly ChangedSample[];
}

/**
 * Column name to the value's text, null for NULL. A text of more than SAMPLE_CHARS_MAX characters is cut there and ends
 * with `… (<its length> characters)`.
 */
export type RowTexts = Readonly<Record<string, string | null>>;

export interface RowSample {
  readonly key: RowTexts;
  readonly row: RowTexts;
}

export interface ChangedSample {
  readonly key: RowTexts;
  readonly columns: readonly { readonly name: string; readonly a: string | null; readonly b: string | null }[];
}

export const SAMPLE_CHARS_MAX = 400;
/** Samples are held in memory for every table: no more of each kind may be asked for. */
export const SAMPLES_MAX = 100;
