import type { TableFacts } from "../model/table.ts";
import { KeySql, onlyTable } from "./keys-sql.ts";
import type { Session } from "./session.ts";
import { sliceSql, whereSql } from "./slice-sql.ts";

const SAMPLED_PAGES_PER_PART = 40; // 8 parts: 320 pages; ranges then differ by some 15 % in size (1/sqrt(40)).
const PAGE_BYTES = 8192;

/**
 * First-column values (bytes of the key, hex) that split a table into about equal ranges, from a sample of its pages:
 * the planner's histogram knows no order but the type's own, and is absent until the table is analysed.
 */
export async function readSplits(
  session: Session,
  table: TableFacts,
  parts: number,
  databaseCollationIsC: boolean,
): Promise<readonly string[]> {
  if (table.key === undefined || parts < 2) return [];
  const key = new KeySql(table, databaseCollationIsC);
  const sql = `
    WITH size AS (SELECT pg_relation_size($1::oid) / ${PAGE_BYTES} AS pages),
    sample AS (
      SELECT ${key.firstField} AS field, row_number() OVER (ORDER BY ${key.first}) AS number, count(*) OVER () AS total
      FROM ${onlyTable(table)}
        TABLESAMPLE SYSTEM ((SELECT least(100, 100.0 * $2 / greatest(pages, 1)) FROM size)) REPEATABLE (0)${whereSql(sliceSql(table))}
    ),
    parts AS (SELECT i, $3::int AS parts FROM generate_series(1, $3::int - 1) AS i)
    SELECT field FROM sample JOIN parts ON number = 1 + total * i / parts WHERE number > 1 ORDER BY number`;
  const rows = await session.query<{ field: string }>(
    sql,
    [table.oid, SAMPLED_PAGES_PER_PART * parts, parts],
    `sampling ${table.schema}.${table.name}`,
  );
  return [...new Set(rows.map((row) => key.firstColumnHex(row.field)))];
}
