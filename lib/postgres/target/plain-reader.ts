import type { RowSlice, TableFacts } from "../../model/table.ts";
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
  async astray(table, slices) {
    await using session = await Session.open(url, { readOnly: true });
    const held = slices.map((slice) => `CASE WHEN ${sliceSql(slice)} THEN 1 ELSE 0 END`);
    const sql = `SELECT count(*)::text AS rows FROM ${onlyTable(table)} WHERE ${["0", ...held].join(" + ")} <> 1`;
    const [row] = await session.query<{ rows: string }>(sql, [], `looking through ${table.schema}.${table.name}`);
    return Number(row?.rows);
  },
});

/** concat calls a type's output function, which a cast to text does not always do (`t` for true, blanks of char(n)). */
const selectSql = (table: TableFacts, databaseCollationIsC: boolean): string => {
  const values = table.columns.map(
    ({ name }, i) =>
      `CASE WHEN (${ident(name)}) IS NOT DISTINCT FROM NULL THEN NULL ELSE concat(${ident(name)}) END AS c${i}`,
  );
  const { slice, key } = table;
  const where = slice === undefined ? "" : ` WHERE ${sliceSql(slice)}`;
  // An index on the column of a slice would give its rows in another order than they lie.
  const order =
    slice !== undefined && key === undefined ? " ORDER BY ctid" : new KeySql(table, databaseCollationIsC).orderBy;
  return `SELECT ${values.join(", ")} FROM ${onlyTable(table)}${where}${order}`;
};

/** In words of its own, not those that the source was read by: what is wrong with those is to be found. */
const sliceSql = ({ column, from, to }: RowSlice): string => {
  const [value, first] = [ident(column), literal(from)];
  return to === undefined
    ? `(${value} < ${first}) IS NOT TRUE`
    : `NOT (${value} < ${first} OR ${value} >= ${literal(to)})`;
};

/** Without a type it is read as one of the column's. */
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
