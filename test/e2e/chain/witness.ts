import pg from "pg";
import { type Ageing, sliceName, witnessSlices } from "./ageing.ts";

/** One table as the independent reader saw it. */
export interface SeenTable {
  readonly columns: string;
  readonly rows: number;
  readonly md5: string;
}

/** A database's tables by schema and name, and by slice where they leave by their age. */
export type SeenState = Readonly<Record<string, SeenTable>>;

const PIN = `SET timezone = 'UTC'; SET datestyle = 'ISO, MDY'; SET intervalstyle = 'postgres'; SET extra_float_digits = 3;
  SET bytea_output = 'hex'; SET lc_monetary = 'C'; SET search_path = ''; SET row_security = off; SET jit = off`;

const TABLES = `SELECT t.schemaname AS schema, t.tablename AS name,
    (SELECT string_agg(format('%I %s', c.column_name, c.udt_name), ', ' ORDER BY c.ordinal_position)
     FROM information_schema.columns c
     WHERE c.table_schema = t.schemaname AND c.table_name = t.tablename AND c.is_generated = 'NEVER') AS columns,
    (SELECT string_agg(format('%I', c.column_name), ', ' ORDER BY c.ordinal_position)
     FROM information_schema.columns c
     WHERE c.table_schema = t.schemaname AND c.table_name = t.tablename AND c.is_generated = 'NEVER') AS names
  FROM pg_catalog.pg_tables t
  JOIN pg_catalog.pg_class k ON k.relname = t.tablename AND k.relnamespace = t.schemaname::regnamespace AND k.relkind = 'r'
  WHERE t.schemaname NOT IN ('pg_catalog', 'information_schema') AND t.schemaname NOT LIKE 'pg\\_%'
  ORDER BY 1, 2`;

/** A table that another session rewrote since the snapshot reads as empty: the snapshot's file is not today's. */
const REWRITTEN = `SELECT oid::text FROM pg_catalog.pg_class WHERE relkind = 'r'
  AND relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(oid) AND relfilenode <> 0 AND oid >= 16384`;

/** SQLSTATEs of names that went while we read. */
const GONE = new Set(["42P01", "42703", "3F000", "XX000"]);

/**
 * Reads every table's state by code that shares nothing with the engine: text of whole rows, sorted and hashed.
 * @param token  an exported snapshot; without one the present
 * @returns undefined if a table was rewritten, dropped or renamed since the snapshot: nobody can say what it held
 */
export const witness = async (url: string, token?: string, ageing?: Ageing): Promise<SeenState | undefined> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(PIN);
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    if (token !== undefined) await client.query(`SET TRANSACTION SNAPSHOT '${token}'`);
    const tables = (
      await client.query<{ schema: string; name: string; columns: string | null; names: string | null }>(TABLES)
    ).rows;
    const seen: Record<string, SeenTable> = {};
    for (const { schema, name, columns, names } of tables) {
      const from = `SELECT ${names ?? ""} FROM ONLY ${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
      if (ageing?.isAged(name) === true) {
        const slices = await witnessSlices(client, ageing, { rows: from, columns: columns ?? "" });
        for (const [day, slice] of slices)
          seen[sliceName(`${schema}.${name}`, day)] = { columns: columns ?? "", ...slice };
        continue;
      }
      const { rows } = await client.query<{ rows: string; md5: string }>(
        `SELECT count(*) AS rows, md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C"), '')) AS md5
         FROM (${from}) t`,
      );
      const [row] = rows;
      if (row === undefined) throw new TypeError("count gives one row");
      seen[`${schema}.${name}`] = { columns: columns ?? "", rows: Number(row.rows), md5: row.md5 };
    }
    const rewritten = await client.query(REWRITTEN);
    return rewritten.rows.length > 0 ? undefined : seen;
  } catch (error) {
    if (error instanceof pg.DatabaseError && GONE.has(error.code ?? "")) return undefined;
    throw error;
  } finally {
    await client.end();
  }
};
