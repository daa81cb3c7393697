import { BINARY_TYPES } from "../model/binary-types.ts";
import type { KeyColumn, KeyOrder, RowFormat, TableColumn, TableFacts, TableSize } from "../model/table.ts";

/** Runs one catalog query; values as pg parses them. */
export type CatalogQuery = (sql: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

/** Each table's row type by its oid: see `rowType` in model/table.ts. */
export type RowTypes = (query: CatalogQuery, tableOids: readonly number[]) => Promise<ReadonlyMap<number, string>>;

export interface CatalogTable {
  readonly facts: TableFacts;
  readonly size: TableSize;
}

interface TableRow {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly filenode: string;
  readonly rows: number;
  readonly bytes: string;
  readonly correlation: number | null;
  readonly columns: readonly ColumnRow[];
  /** Attribute numbers of the primary key, in its order. */
  readonly key: readonly number[] | null;
}

interface ColumnRow {
  readonly attnum: number;
  readonly name: string;
  readonly type: string;
  readonly typeOid: string;
  readonly baseTypeOid: string;
  readonly baseKind: string;
  readonly notNull: boolean;
  readonly identity: "" | "a" | "d";
  readonly defaultSql: string | null;
  readonly collationSql: string | null;
}

const ENUM_WIRE_TYPE_OID = 25; // An enum's binary form is its label, as that of text is.
const CLUSTERED_CORRELATION_MIN = 0.9;

/** Ordinary tables and leaves of partitions, without those of the system, of extensions and of sessions (temporary). */
const TABLES = `
  WITH RECURSIVE base (oid, base, depth) AS (
    SELECT oid, oid, 0 FROM pg_type
    UNION ALL
    SELECT b.oid, t.typbasetype, depth + 1 FROM base b JOIN pg_type t ON t.oid = b.base WHERE t.typtype = 'd' AND depth < 64
  ),
  wire AS (SELECT b.oid, t.oid AS base, t.typtype FROM base b JOIN pg_type t ON t.oid = b.base WHERE t.typtype <> 'd'),
  columns AS (
    SELECT a.attrelid, json_agg(json_build_object(
      'attnum', a.attnum, 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'typeOid', a.atttypid::text, 'baseTypeOid', w.base::text, 'baseKind', w.typtype, 'notNull', a.attnotnull,
      'identity', a.attidentity, 'defaultSql', pg_get_expr(d.adbin, d.adrelid),
      'collationSql', CASE WHEN a.attcollation NOT IN (0, t.typcollation) THEN format('%I.%I', cn.nspname, co.collname) END
    ) ORDER BY a.attnum) AS columns
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    JOIN wire w ON w.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_collation co ON co.oid = a.attcollation
    LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    GROUP BY a.attrelid
  )
  SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relfilenode::text AS filenode, c.reltuples AS rows,
    coalesce(pg_table_size(c.oid), 0)::text AS bytes, s.correlation, coalesce(k.columns, '[]') AS columns,
    p.conkey AS key
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN columns k ON k.attrelid = c.oid
  LEFT JOIN pg_constraint p ON p.conrelid = c.oid AND p.contype = 'p' AND NOT p.condeferrable
    AND EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = p.conindid AND i.indisvalid)
  LEFT JOIN pg_attribute f ON f.attrelid = c.oid AND f.attnum = p.conkey[1]
  LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = f.attname AND NOT s.inherited
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
      AND e.objsubid = 0 AND e.deptype = 'e')
  ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`;

/**
 * Every table whose rows are captured, by schema and name.
 *
 * A deferrable primary key counts as none: two rows may share a key in the middle of a transaction that is prepared.
 * @param encoding  the server's encoding: order `text` needs UTF8
 */
export async function readTables(
  query: CatalogQuery,
  rowTypes: RowTypes,
  encoding: string,
): Promise<readonly CatalogTable[]> {
  const rows = (await query(TABLES)) as unknown as TableRow[];
  const types = await rowTypes(
    query,
    rows.map((row) => row.oid),
  );
  return rows.map((row) => tableOf(row, types.get(row.oid), encoding));
}

function tableOf(row: TableRow, rowType: string | undefined, encoding: string): CatalogTable {
  if (rowType === undefined) throw new TypeError(`table ${row.oid} has no row type`);
  const columns = row.columns.map(columnOf);
  const format: RowFormat = columns.every((column) => BINARY_TYPES.has(column.wireTypeOid)) ? "binary" : "text";
  const key = row.key?.map((attnum): KeyColumn | undefined => {
    const position = row.columns.findIndex((column) => column.attnum === attnum);
    const column = row.columns[position];
    return column && { name: column.name, position, order: keyOrder(column, format, encoding) };
  });
  const facts: TableFacts = {
    schema: row.schema,
    name: row.name,
    oid: row.oid,
    columns,
    // A generated column may be part of a key (PostgreSQL allows it), but its value is not stored.
    key: key?.every((column) => column !== undefined) === true ? key : undefined,
    format,
    rowType,
    filenode: Number(row.filenode),
  };
  const size = {
    rows: Math.max(0, Math.round(row.rows)), // -1 where the table was never analysed.
    bytes: Number(row.bytes),
    clustered: Math.abs(row.correlation ?? 0) >= CLUSTERED_CORRELATION_MIN,
  };
  return { facts, size };
}

function columnOf(row: ColumnRow): TableColumn {
  return {
    name: row.name,
    type: row.type,
    typeOid: Number(row.typeOid),
    wireTypeOid: row.baseKind === "e" ? ENUM_WIRE_TYPE_OID : Number(row.baseTypeOid),
    notNull: row.notNull,
    identity: row.identity,
    ...(row.defaultSql === null ? {} : { defaultSql: row.defaultSql }),
    ...(row.collationSql === null ? {} : { collationSql: row.collationSql }),
  };
}

function keyOrder(column: ColumnRow, format: RowFormat, encoding: string): KeyOrder {
  const other = format === "binary" ? "send" : "output";
  switch (column.baseKind === "e" ? undefined : Number(column.baseTypeOid)) {
    case 21:
      return "int2";
    case 23:
      return "int4";
    case 20:
      return "int8";
    case 2950:
      return "uuid";
    case 25:
    case 1043:
      return encoding === "UTF8" ? "text" : other;
    case 1082:
      return format === "binary" ? "date" : other;
    case 1114:
    case 1184:
      return format === "binary" ? "timestamp" : other;
    default:
      return other;
  }
}
