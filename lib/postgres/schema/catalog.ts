import { Failure } from "../../model/errors.ts";

/** Runs one catalog query. Values may come parsed by the driver or as PostgreSQL's text: the readers below take both. */
export type Query = (sql: string, params?: unknown[]) => Promise<Record<string, unknown>[]>;

/** The database being described: its queries and its major version, which decides what the catalogs hold. */
export interface Catalog {
  readonly query: Query;
  /** 15 to 18. */
  readonly major: number;
}

export type CatalogRow = Readonly<Record<string, unknown>>;

/** Objects below this oid came with the server (FirstNormalObjectId in PostgreSQL's access/transam.h). */
export const USER_OID_MIN = 16384;

/**
 * A text value. Where the catalog cannot hold NULL, NULL comes of a pg_get_... function whose object is gone: those look
 * at the catalogs of now, not at the snapshot's.
 * @throws SOURCE_MOVED  something was dropped while the schema was described
 */
export const text = (row: CatalogRow, column: string): string => {
  const value = row[column];
  if (value === null) {
    throw new Failure(
      "SOURCE_MOVED",
      `the ${column} of an object is gone since the snapshot, it was dropped meanwhile`,
    );
  }
  return scalar(value, column);
};

const scalar = (value: unknown, column: string): string => {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  throw new TypeError(`catalog query gave no scalar ${column}`);
};

export const textOrNone = (row: CatalogRow, column: string): string | undefined => {
  const value = row[column];
  return value === null ? undefined : scalar(value, column);
};

export const integer = (row: CatalogRow, column: string): number => Number(text(row, column));

export const flag = (row: CatalogRow, column: string): boolean =>
  row[column] === true || row[column] === "t" || row[column] === "true";

/** A json column: queries use json_agg instead of arrays, whose text form drivers read differently. */
export const json = <T>(row: CatalogRow, column: string): readonly T[] => {
  const value = row[column];
  if (value === null || value === undefined) return [];
  return (typeof value === "string" ? JSON.parse(value) : value) as T[];
};

/** Groups rows by an oid column, keeping their order. */
export const byOid = (rows: readonly CatalogRow[], column: string): ReadonlyMap<number, readonly CatalogRow[]> =>
  Map.groupBy(rows, (row) => integer(row, column));

/** Whether a schema (alias n) is the users' own: neither PostgreSQL's nor a session's temporary one. */
export const USER_SCHEMA = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/** Whether an object did not come with an extension: CREATE EXTENSION brings those that did. */
export const notOfExtension = (catalog: string, oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid}
     AND e.objsubid = 0 AND e.deptype = 'e')`;

/** Storage options as SQL, with every value quoted: PostgreSQL takes `fillfactor='70'` for any type of option. */
export const optionsSql = (array: string, prefix = ""): string =>
  `(SELECT string_agg(format('${prefix}%I=%L', split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)), ', ' ORDER BY at)
    FROM unnest(${array}) WITH ORDINALITY AS u(o, at))`;

/** Whether a relation (its schema n) is the users' own. What hangs on an extension's table is left to the extension. */
export const userRelation = (alias: string): string =>
  `${USER_SCHEMA} AND ${notOfExtension("pg_class", `${alias}.oid`)}`;
