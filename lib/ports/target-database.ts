import type { RowFormat } from "../model/table.ts";

/**
 * A PostgreSQL database that rows are restored into.
 *
 * What every adapter promises:
 *
 * - Every session has the settings of the source's sessions (see source-database.ts), an empty search_path and
 *   `check_function_bodies = off`, so that captured statements mean what they meant and rows that come back are byte for
 *   byte what went in.
 * - Nothing is changed but by `run` and `load`. Without a transaction begun by `run`, each call is one of its own.
 * - A failure is a Failure that names what was being done and no row value: DATABASE_UNREACHABLE, _AUTH, _FORBIDDEN,
 *   _LOST, _VERSION, _ERROR, or TARGET_NO_SPACE when the server's disk is full.
 */
export interface TargetDatabase {
  facts(): Promise<TargetFacts>;
  open(): Promise<TargetSession>;
}

/** One connection. One call at a time. */
export interface TargetSession extends AsyncDisposable {
  /**
   * Runs one statement.
   * @param doing  for the message if it fails, for instance `creating index public.orders_by_day`
   */
  run(sql: string, doing: string): Promise<void>;
  /**
   * Loads row frames into the table itself (never its children or partitions). A buffer of them is the source's own again
   * when the next is asked for.
   * @returns rows the server says it took
   */
  load(table: TargetTable, frames: AsyncIterable<Buffer>, options: LoadOptions): Promise<number>;
  /**
   * The table's own rows as row frames, in the order of its storage: as loaded, if one COPY filled it and nothing changed it.
   * @param pages  only those that lie in these pages of its storage
   */
  rows(table: TargetTable, pages?: PageRange): AsyncIterable<Buffer>;
  /** How many pages its storage has now, so that several sessions can read a share each. */
  pages(table: TargetTable): Promise<number>;
  /** Counts the table's own rows. */
  count(table: TargetTable): Promise<number>;
  /** Cuts the connection at once; what runs fails with DATABASE_LOST. */
  abandon(): void;
}

export interface TargetTable {
  readonly schema: string;
  readonly name: string;
  /** Columns that the frames hold, in their order. May be empty. */
  readonly columns: readonly string[];
  readonly format: RowFormat;
}

/** Pages of a table's storage: from inclusive, to exclusive; without an end, all that follow. */
export interface PageRange {
  readonly from: number;
  readonly to: number | undefined;
}

export interface LoadOptions {
  /** Rows are written as frozen. Allowed only if the table was made or truncated in the transaction that is open. */
  readonly freeze: boolean;
}

/** Which database it is. If any field differs, it is another one. */
export interface TargetIdentity {
  /** Empty where the server does not tell. */
  readonly systemIdentifier: string;
  readonly databaseOid: number;
  readonly database: string;
  /** `server_version_num`, for instance 180004. */
  readonly serverVersion: number;
  readonly encoding: string;
}

export interface TargetFacts {
  readonly identity: TargetIdentity;
  readonly standby: boolean;
  /** Whether the role may create schemas in the database. */
  readonly mayCreate: boolean;
  /** The users' schemas, `public` among them where it is. */
  readonly schemas: readonly string[];
  /** The users' tables, views, sequences, types and routines; those of extensions are left out. */
  readonly objects: readonly TargetObject[];
  readonly extensions: readonly string[];
  readonly extensionsAvailable: readonly string[];
  readonly roles: readonly string[];
}

export interface TargetObject {
  /** Schema, unquoted. */
  readonly schema: string;
  /** Qualified and quoted; routines without their arguments. */
  readonly name: string;
}
