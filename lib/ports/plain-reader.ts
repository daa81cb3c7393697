import type { TableFacts } from "../model/table.ts";

/**
 * Reads a table by ordinary SELECT, in text, as any client would: what a proof compares a restore with, so that it
 * rests neither on COPY nor on the digests. Rows come in the order of the table's key (see KeyOrder), in storage order
 * without one; values as PostgreSQL's output functions print them under the settings of source-database.ts.
 *
 * @throws DATABASE_*
 */
export interface PlainReader {
  rows(table: TableFacts): AsyncIterable<readonly (string | null)[]>;
}
