import type { RowSlice, TableFacts } from "../model/table.ts";
import { ident } from "./keys-sql.ts";

/** Conditions of the rows that facts are of; none if they are of the whole table. */
export const sliceSql = ({ slice }: Pick<TableFacts, "slice">): readonly string[] => {
  if (slice === undefined) return [];
  const column = ident(slice.column);
  const from = `${column} >= ${startLiteral(slice.from)}`;
  return slice.to === undefined ? [`(${from} OR ${column} IS NULL)`] : [from, `${column} < ${startLiteral(slice.to)}`];
};

/** Without a type: it is read as what the column it is compared with has. */
export const startLiteral = (start: RowSlice["from"]): string => `'${start.replaceAll("'", "''")}'`;

/** ` WHERE ...`, empty without a condition. */
export const whereSql = (conditions: readonly string[]): string =>
  conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
