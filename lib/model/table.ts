/** How the rows of a layer are encoded: PostgreSQL's own COPY binary or COPY text, under pinned settings. */
export type RowFormat = "binary" | "text";

/**
 * How one column of a primary key is ordered and turned into bytes that compare like it (engine/key.ts, FORMAT.md).
 *
 * - `int2 int4 int8 date timestamp`: the type's own order; the binary COPY field is a signed big-endian integer
 *   (`timestamp` is timestamp and timestamptz alike). `date` and `timestamp` occur in binary layers only.
 * - `uuid`: the type's own order, 16 bytes.
 * - `text`: byte order of UTF-8, which is COLLATE "C"; only where the server's encoding is UTF8.
 * - `send`: order of the bytes of the binary COPY field (the type's send function). Binary layers only.
 * - `output`: order of the bytes of the UTF-8 text form (the type's output function). Text layers only.
 *
 * `send` and `output` are total orders that any type has. They may be finer than the type's equality (1.0 and 1.00 are
 * two keys): a live table never holds both at once, and a change from one to the other reads as a delete and an insert.
 */
export type KeyOrder = "int2" | "int4" | "int8" | "date" | "timestamp" | "uuid" | "text" | "send" | "output";

export interface KeyColumn {
  /** Column name, unquoted. */
  readonly name: string;
  /** Position of the column among the columns of the row, from 0. */
  readonly position: number;
  readonly order: KeyOrder;
}

export interface TableColumn {
  readonly name: string;
  /** `format_type` with search_path empty: `integer`, `character varying(20)`, `public.mood[]`. */
  readonly type: string;
  readonly typeOid: number;
  /** For a domain the oid of its base type, else typeOid: what decides the binary encoding. For an enum, 25 (its binary form is its label). */
  readonly wireTypeOid: number;
  readonly notNull: boolean;
  /** `a` always, `d` by default, empty otherwise. */
  readonly identity: "" | "a" | "d";
  /** Default expression, qualified, or undefined. */
  readonly defaultSql?: string;
  /** Collation clause, qualified and quoted, where it is not the type's default. */
  readonly collationSql?: string;
}

/** The rows of a table of one business day, or those of no day yet (model/row-age.ts). */
export interface RowSlice {
  /** Column name, unquoted. */
  readonly column: string;
  /** `2026-11-20`; undefined for rows of no day yet. */
  readonly day?: string;
  /** The first value, as text that PostgreSQL reads as one of the column's type. */
  readonly from: string;
  /** The first value that is not in it; undefined for rows of no day yet: all from `from` on, and those without a value. */
  readonly to?: string;
}

/** A table whose rows are captured: ordinary tables, partitions (leaves), inheritance parents and children each by themselves. */
export interface TableFacts {
  readonly schema: string;
  readonly name: string;
  readonly oid: number;
  /** Columns whose values are stored, in attribute order: dropped and generated ones are left out. May be empty. */
  readonly columns: readonly TableColumn[];
  /** Primary key in key order; undefined if there is none (or it is not valid). */
  readonly key: readonly KeyColumn[] | undefined;
  readonly format: RowFormat;
  /** Changes whenever the stored bytes of an unchanged row could mean something else: columns, types and everything they are made of. Hex. */
  readonly rowType: string;
  /** `pg_class.relfilenode` as the snapshot shows it; 0 for what has no storage. */
  readonly filenode: number;
  /** Which of the table's rows these are; all of them if not there. */
  readonly slice?: RowSlice;
}

/** What the planner believes; for estimates, progress and splitting only. */
export interface TableSize {
  readonly rows: number;
  readonly bytes: number;
  /** True if reading in key order reads the heap in nearly its own order, so that key ranges are cheap to read. */
  readonly clustered: boolean;
}
