import type { AgeQuery } from "../ports/source-database.ts";
import { rangeTree } from "./digests-sql.ts";
import { ident, onlyTable } from "./keys-sql.ts";
import type { Session } from "./session.ts";
import { startLiteral } from "./slice-sql.ts";

/** Counts rows by their age in one scan. A comparison with NULL is not true, so that rows without a value count as the last. */
export const readAgeCounts = async (
  session: Session,
  { table, column, starts }: Omit<AgeQuery, "role">,
  doing: string,
): Promise<readonly number[]> => {
  const range = rangeTree(ident(column), starts.map(startLiteral), 0, starts.length);
  const sql = `SELECT range, count(*)::text AS rows FROM (SELECT ${range} AS range FROM ${onlyTable(table)}) AS ages GROUP BY range`;
  const counts = new Array<number>(starts.length + 1).fill(0);
  for (const row of await session.query<{ range: number; rows: string }>(sql, [], doing))
    counts[row.range] = Number(row.rows);
  return counts;
};
