import type { TableFacts } from "../../model/table.ts";
import type { PlainReader } from "../../ports/plain-reader.ts";
import { ident, KeySql, onlyTable } from "../keys-sql.ts";
import { Session } from "../session.ts";
import { beginSnapshot } from "../snapshot.ts";

/** Rows fetched at once: some MB of wide rows. */
const FETCH_ROWS = 2_000;

/** Reads tables of a database by a cursor, each in a transaction of its own. */
export const plainReader = (url: string): PlainReader => ({
  async *rows(table) {
    await using session = await Session.open(url, { readOnly: true });
    const { databaseCollationIsC } = await beginSnapshot(session);
    const doing = `reading ${table.schema}.${table.name}`;
    await session.query(`DECLARE plain NO SCROLL CURSOR FOR ${selectSql(table, databaseCollationIsC)}`, [], doing);
    for (;;) {
      const rows = await session.query<Record<string, string | null>>(`FETCH ${FETCH_ROWS} FROM plain`, [], doing);
      for (const row of rows) yield table.columns.map((_, i) => row[`c${i}`] as string | null);
      if (rows.length < FETCH_ROWS) return;
    }
  },
});

/** concat calls a type's output function, which a cast to text does not always do (`t` for true, blanks of char(n)). */
const selectSql = (table: TableFacts, databaseCollationIsC: boolean): string => {
  const values = table.columns.map(
    ({ name }, i) =>
      `CASE WHEN (${ident(name)}) IS NOT DISTINCT FROM NULL THEN NULL ELSE concat(${ident(name)}) END AS c${i}`,
  );
  return `SELECT ${values.join(", ")} FROM ${onlyTable(table)}${new KeySql(table, databaseCollationIsC).orderBy}`;
};
