import type { Server } from "./server.ts";
import { sql } from "./sql.ts";
import { LARGE_TABLES, type LargeTable, SMALL_TABLES } from "./tables.ts";

export interface Dataset {
  readonly database: string;
  readonly url: string;
  /** Heap and TOAST of all tables, without indexes: what every MB/s in the results is relative to. */
  readonly tableBytes: number;
  readonly rows: Readonly<Record<string, number>>;
}

const BYTES_AT_SCALE_ONE = 2.73e9; // 390, 481 and 103 bytes a row, page overhead included.
const SEED = 20_261_121;
const PHRASES = 50_000; // As text about 2 MB, more than zstd level 1 looks back, so that phrases do not compress away.

/**
 * Makes a database and fills it with generate_series, two tables at a time: 32 CPU seconds per GB. The same
 * size gives the same rows everywhere.
 */
export const makeDataset = async (server: Server, database: string, sizeBytes: number): Promise<Dataset> => {
  const url = server.url(database);
  await sql(server.url("postgres"), `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`, `CREATE DATABASE ${database}`);
  await sql(url, ...PHRASE_POOL, ...SMALL_TABLES);
  const [orders, users, accounts] = LARGE_TABLES.map((table) => () => fill(url, table, rowsOf(table, sizeBytes)));
  await Promise.all([orders?.(), users?.().then(accounts)]);
  await sql(url, "DROP TABLE phrases", "DROP FUNCTION word", "VACUUM ANALYZE", "CHECKPOINT");
  return lookAt(server, database, sizeBytes);
};

/** The facts of a data set that is there. */
export const lookAt = async (server: Server, database: string, sizeBytes: number): Promise<Dataset> => {
  const url = server.url(database);
  const tables = await sql<{ name: string; bytes: string; rows: string }>(
    url,
    `SELECT relname AS name, pg_table_size(oid) AS bytes, greatest(reltuples, 0)::bigint AS rows
       FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname`,
  );
  return {
    database,
    url,
    tableBytes: tables.reduce((sum, { bytes }) => sum + Number(bytes), 0),
    rows: {
      ...Object.fromEntries(tables.map(({ name, rows }) => [name, Number(rows)])),
      ...Object.fromEntries(LARGE_TABLES.map((table) => [table.name, rowsOf(table, sizeBytes)])),
    },
  };
};

/** Rows `first` to `last` of a table; also how append-only changes are made. */
export const insertRows = (table: LargeTable, first: number, last: number): string =>
  `INSERT INTO ${table.name}
   SELECT ${table.columns}
     FROM (SELECT i, hashint8extended(i, ${SEED}) & 9223372036854775807 AS r
             FROM generate_series(${first}::bigint, ${last}::bigint) i) n
     JOIN phrases a ON a.id = r % ${PHRASES}
     JOIN phrases b ON b.id = (r >> 16) % ${PHRASES}
     JOIN phrases c ON c.id = (r >> 32) % ${PHRASES}`;

// Words of 2 to 4 syllables, phrases of 3 words: neither constant nor noise.
export const PHRASE_POOL: readonly string[] = [
  `CREATE OR REPLACE FUNCTION word(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
     SELECT string_agg((array['ba','do','fi','gu','ke','la','mor','nes','pi','ras','sol','ten','vi','wa','zu','tha'])
       [1 + (hashint8extended(n, s) & 15)], '') FROM generate_series(1, 2 + (n & 1)::int + (n >> 1 & 1)::int) s $$`,
  `CREATE TABLE phrases AS SELECT i AS id, word(i & 4095) || ' ' || word(hashint8extended(i, ${SEED}) & 4095) || ' '
       || word(hashint8extended(i, ${SEED + 1})) AS phrase FROM generate_series(0, ${PHRASES - 1}::bigint) i`,
  "ANALYZE phrases",
];

const rowsOf = (table: LargeTable, sizeBytes: number): number =>
  Math.max(1000, Math.round((table.rowsAtScaleOne * sizeBytes) / BYTES_AT_SCALE_ONE));

const fill = async (url: string, table: LargeTable, rows: number): Promise<void> => {
  // Hash joins keep the order of i: the heap is in the order an application would have written it.
  await sql(
    url,
    "SET work_mem = '128MB'",
    "SET enable_mergejoin = off",
    "SET enable_nestloop = off",
    table.create,
    insertRows(table, 1, rows),
    ...table.after,
  );
};
