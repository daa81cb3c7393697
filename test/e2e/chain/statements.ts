import type { Random } from "./random.ts";
import type { ColumnKind, TableKind } from "./tables.ts";

const valuesOf = (columns: readonly ColumnKind[], random: Random): string =>
  columns.map((column) => column.value(random)).join(", ");
const namesOf = (columns: readonly ColumnKind[]): string => columns.map((column) => column.name).join(", ");

/** `(a, b) = (1, 2)` of a random key. */
const thisKey = (table: TableKind, random: Random): string =>
  `(${namesOf(table.key)}) = (${valuesOf(table.key, random)})`;

const insert = (table: TableKind, random: Random, conflict: string): string => {
  const columns = [...table.key, ...table.values];
  const rows = Array.from({ length: 1 + random.below(10) }, () => `(${valuesOf(columns, random)})`);
  return `INSERT INTO ${table.name} (${namesOf(columns)}) VALUES ${rows.join(", ")} ${conflict}`;
};

type Statement = (table: TableKind, random: Random) => string;

/** What a transaction may do to a table's rows, by name. */
export const ROW_STATEMENTS: Readonly<Record<string, Statement>> = {
  insert: (table, random) => insert(table, random, table.hasPrimaryKey ? "ON CONFLICT DO NOTHING" : ""),
  // One row each: a second conflict with one's own row is an error.
  upsert: (table, random) => {
    const columns = [...table.key, ...table.values];
    const onConflict = table.hasPrimaryKey ? `ON CONFLICT (${namesOf(table.key)}) DO UPDATE SET v = excluded.v` : "";
    return `INSERT INTO ${table.name} (${namesOf(columns)}) VALUES (${valuesOf(columns, random)}) ${onConflict}`;
  },
  update: (table, random) =>
    `UPDATE ${table.name} SET ${table.values.map((column) => `${column.name} = ${column.value(random)}`).join(", ")} WHERE ${thisKey(table, random)}`,
  "update many": (table, random) => `UPDATE ${table.name} SET n = n + 1 WHERE n % 7 = ${random.below(7)}`,
  "update many to one value": (table, random) => {
    const column = random.pick(table.values);
    return `UPDATE ${table.name} SET ${column.name} = ${column.value(random)} WHERE n % 7 = ${random.below(7)}`;
  },
  "update nothing": (table, random) => `UPDATE ${table.name} SET v = v WHERE n % 11 = ${random.below(11)}`,
  "change key": (table, random) =>
    `UPDATE ${table.name} SET (${namesOf(table.key)}) = ROW(${valuesOf(table.key, random)}) WHERE ${thisKey(table, random)}`,
  "change one key column": (table, random) => {
    const column = random.pick(table.key);
    return `UPDATE ${table.name} SET ${column.name} = ${column.value(random)} WHERE ${thisKey(table, random)}`;
  },
  delete: (table, random) => `DELETE FROM ${table.name} WHERE ${thisKey(table, random)}`,
  "delete many": (table, random) => `DELETE FROM ${table.name} WHERE n % 13 = ${random.below(13)}`,
  "delete and insert again": (table, random) =>
    `WITH gone AS (DELETE FROM ${table.name} WHERE n % 5 = ${random.below(5)} RETURNING *) INSERT INTO ${table.name} SELECT * FROM gone`,
  lock: (table, random) =>
    `SELECT count(*) FROM (SELECT FROM ${table.name} WHERE n % 3 = ${random.below(3)} FOR UPDATE) t`,
};
