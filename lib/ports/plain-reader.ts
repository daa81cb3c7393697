import type { RowSlice, TableFacts } from "../model/table.ts";

/**
 * Reads a table by ordinary SELECT, in text, as any client would: what a proof compares a restore with, so that it
 * rests neither on COPY nor on the digests. Rows come in the order of the table's key (see KeyOrder), in storage order
 * without one; values as PostgreSQL's output functions print them under the settings of source-database.ts.
 *
 * @throws DATABASE_*
 */
export interface PlainReader {
  /** All rows of the table itself, or those of the slice that its facts are of. */
  rows(table: TableFacts): AsyncIterable<readonly (string | null)[]>;
  /**
   * How many rows of the table itself are not in exactly one of some slices of it: who reads the table slice by slice does
   * not see them, or sees them twice.
   */
  astray(table: TableFacts, slices: readonly RowSlice[]): Promise<number>;
}
