import type { CapturedSchema } from "../model/schema.ts";
import type { SourceIdentity, SourceSnapshot } from "../model/source.ts";
import type { TableFacts, TableSize } from "../model/table.ts";

/**
 * A PostgreSQL database that can be read consistently by several readers at once.
 *
 * What every adapter promises:
 *
 * - All of a view's answers, and those of every reader that joined it, show one MVCC snapshot: the view's.
 * - Settings that change the encoding of values are pinned in every session (UTC, ISO, C locale for money, hex, shortest
 *   exact floats, empty search_path, UTF-8), and `row_security = off`, so that a filtered role is an error, not a short copy.
 * - A failure is a Failure: DATABASE_UNREACHABLE, _AUTH, _FORBIDDEN (with the table), _LOST, _VERSION or _ERROR, or
 *   SOURCE_MOVED for a table that is dropped or renamed by the time it is read. The reader is then of no more use: join again.
 * - A consumer may leave rows or keys early; that reader is of no more use either.
 */
export interface SourceDatabase {
  /** Name of the database on its server: points of one database build on each other. */
  readonly database: string;
  openView(): Promise<SourceView>;
  /** Joins a view by its token, from any process that reaches the server, while the view is open. */
  join(token: string): Promise<SourceReader>;
}

export interface SourceView extends AsyncDisposable {
  readonly token: string;
  readonly identity: SourceIdentity;
  readonly snapshot: SourceSnapshot;
  tables(): Promise<readonly { readonly facts: TableFacts; readonly size: TableSize }[]>;
  schema(): Promise<CapturedSchema>;
  /** First-column bytes of the key (model/key.ts, hex) that split the table into about `parts` equal ranges, ascending; fewer or none if they cannot be told. */
  splits(table: TableFacts, parts: number, role?: string): Promise<readonly string[]>;
  /** Digests a table's rows by a date or timestamp, in one scan: before the first start, from each start to the next, and from the last on together with those without a value. */
  ageDigests(query: AgeQuery): Promise<readonly RangeDigest[]>;
  /** Resolves when everything up to the snapshot is flushed to the server's disk, so that no crash can take it back. */
  flushed(): Promise<void>;
  /** Problems of rights or settings that would make reading the tables, by a role, fail or lie; empty if all is well. */
  preflight(tables: readonly TableFacts[], role?: string): Promise<readonly string[]>;
}

/**
 * A connection that shows a view's snapshot. One call at a time.
 * Rows come as *row frames*: each row as the server sent it, one CopyData message (`d`, u32 length, payload); see engine/FORMAT.md.
 */
export interface SourceReader extends AsyncDisposable {
  /** Of the given tables, those rewritten, truncated, dropped or renamed (or with a renamed column) by somebody else since the snapshot: they would read as empty, without an error. */
  moved(tables: readonly TableFacts[]): Promise<readonly TableFacts[]>;
  /** Rows of a table, in key order (storage order without a key). Every buffer holds whole row frames; it may be re-used after the next pull. */
  rows(query: RowsQuery): AsyncIterable<Buffer>;
  /** Keys alone, in key order, as row frames of the key columns in key order, in the table's row format. */
  keys(query: Omit<RowsQuery, "since">): AsyncIterable<Buffer>;
  /** Count and order-free hash of the keys of each range in one scan. */
  digests(query: DigestQuery): Promise<readonly RangeDigest[]>;
}

export interface RowsQuery {
  /** If it is a slice, its rows alone: so in every query of a table. */
  readonly table: TableFacts;
  /** Whose rights it is read by: a role that who logged in may take; left out, who logged in. */
  readonly role?: string | undefined;
  /** First-column bytes of the key (model/key.ts) in hex: from inclusive, to exclusive. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Only rows whose xmin is at or after this transaction id (64 bits, decimal). */
  readonly since?: string | undefined;
}

export interface DigestQuery {
  readonly table: TableFacts;
  /** As of RowsQuery. */
  readonly role?: string | undefined;
  /** Starts of ranges 1, 2, ...: first-column bytes of the key in hex, ascending; range 0 is everything before the first. May be empty. */
  readonly starts: readonly string[];
  /** Seed of the key hash, a signed 64-bit decimal. */
  readonly seed: string;
  /** Rows with an xmin at or after it count as changed. */
  readonly since: string;
}

export interface AgeQuery extends Omit<DigestQuery, "starts"> {
  /** Column name, unquoted. */
  readonly column: string;
  /** Ascending, at least one: text that PostgreSQL reads as a value of the column's type. */
  readonly starts: readonly string[];
}

/** Sums are modulo 2^64, and mean nothing without a primary key. Ranges without a row are zero, never left out. */
export interface RangeDigest {
  readonly rows: number;
  readonly sum: bigint;
  readonly changedRows: number;
  readonly changedSum: bigint;
}
