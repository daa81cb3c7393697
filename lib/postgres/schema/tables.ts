import {
  byOid,
  type Catalog,
  type CatalogRow,
  flag,
  integer,
  json,
  notOfExtension,
  optionsSql,
  text,
  textOrNone,
  USER_SCHEMA,
} from "./catalog.ts";
import { type Column, defaultClause, notNullSql } from "./columns.ts";
import { addressOf, type SchemaObject, type StatementKind } from "./schema-object.ts";

/**
 * Ordinary and partitioned tables. A partition is made as a table of its own with all its columns and then attached:
 * its columns may stand in another order than the parent's, and have other defaults.
 */
export const readTables = async (
  { query }: Catalog,
  columns: ReadonlyMap<number, readonly Column[]>,
): Promise<readonly SchemaObject[]> => {
  const tables = await query(
    `SELECT c.oid, n.nspname AS schema, format('%I.%I', n.nspname, c.relname) AS name,
       CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END AS unlogged, c.relispartition AS partition,
       CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS of_type,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
       pg_get_expr(c.relpartbound, c.oid) AS bound,
       (SELECT json_agg(json_build_object('oid', p.oid::bigint, 'name', format('%I.%I', pn.nspname, p.relname)) ORDER BY i.inhseqno)
         FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
         WHERE i.inhrelid = c.oid) AS parents,
       NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c'
         AND NOT (k.conislocal AND k.convalidated)) AS own_checks,
       CASE WHEN am.amname <> 'heap' THEN format('%I', am.amname) END AS method,
       concat_ws(', ', ${optionsSql("c.reloptions")}, ${optionsSql("tt.reloptions", "toast.")}) AS options
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am am ON am.oid = c.relam
       LEFT JOIN pg_class tt ON tt.oid = c.reltoastrelid
     WHERE c.relkind IN ('r', 'p') AND ${USER_SCHEMA} AND ${notOfExtension("pg_class", "c.oid")}`,
  );
  // A partition gets its parent's checks when it is attached, but only if it has them already.
  const checks = byOid(
    await query(
      `SELECT k.oid, k.conrelid AS relation, 'CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid) AS sql
       FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
       WHERE k.contype = 'c' AND k.convalidated AND (k.conislocal OR c.relispartition) ORDER BY k.conname COLLATE "C"`,
    ),
    "relation",
  );
  return tables.flatMap((row) => {
    const oid = integer(row, "oid");
    return statementsOf(row, columns.get(oid) ?? [], checks.get(oid) ?? []);
  });
};

const statementsOf = (row: CatalogRow, columns: readonly Column[], checks: readonly CatalogRow[]): SchemaObject[] => {
  const oid = integer(row, "oid");
  const address = addressOf("pg_class", oid);
  const schema = text(row, "schema");
  const name = text(row, "name");
  const about = { schema, name, tableOid: oid, needs: [address] };
  const alter = (kind: StatementKind, action: string, only = "ONLY "): SchemaObject => ({
    ...about,
    kind,
    sql: `ALTER TABLE ${only}${name} ${action}`,
  });

  const table = (inlineDefaults: boolean, inlineChecks: readonly CatalogRow[]): SchemaObject => ({
    kind: "table",
    address,
    schema,
    name,
    tableOid: oid,
    sql: createTable(row, columns, inlineDefaults, inlineChecks),
  });
  // A generated column cannot be made later; any other default can.
  const movable = columns.filter((c) => c.defaultSql !== undefined && c.generated === "" && c.local);
  const split = () => [
    table(false, []),
    ...movable.map((c) => ({
      ...alter("column default", `ALTER COLUMN ${c.name} SET DEFAULT ${c.defaultSql}`),
      address: addressOf("pg_attrdef", c.defaultOid),
    })),
    ...checks.map((check) => ({
      ...alter("table constraint", `ADD ${text(check, "sql")}`, ""),
      address: addressOf("pg_constraint", integer(check, "oid")),
    })),
  ];

  const merges = !flag(row, "partition") && !standsAlone(row, columns);
  const later: SchemaObject[] = [];
  for (const column of columns) {
    const { name: c, notNull } = column;
    if (!column.local) {
      if (notNull?.local && notNull.oid === 0) later.push(alter("column option", `ALTER COLUMN ${c} SET NOT NULL`));
      if (column.identity !== undefined) {
        later.push(alter("column default", `ALTER COLUMN ${c} ADD ${column.identity}`));
      }
    }
    // What CREATE TABLE ... INHERITS takes from an ancestor although this table has another default, or none.
    const takesDefault = !column.local || column.defaultSql === undefined;
    if (merges && takesDefault && column.defaultDiffers && column.generated === "" && column.identity === undefined) {
      const action = column.defaultSql === undefined ? "DROP DEFAULT" : `SET DEFAULT ${column.defaultSql}`;
      later.push(alter("column default", `ALTER COLUMN ${c} ${action}`));
    }
    if (notNull?.valid === false && notNull.local) {
      const invalid = alter("not null", `ADD ${notNullSql(notNull, ` ${c}`)} NOT VALID`, "");
      later.push({ ...invalid, address: addressOf("pg_constraint", notNull.oid) });
    }
    for (const option of column.options) later.push(alter("column option", `ALTER COLUMN ${c} ${option}`));
  }
  const parents = json<Parent>(row, "parents");
  if (flag(row, "partition")) {
    const bound = text(row, "bound");
    for (const parent of parents) {
      const attach = alter("attach partition", "");
      later.push({
        ...attach,
        needs: [address, addressOf("pg_class", parent.oid)],
        sql: `ALTER TABLE ONLY ${parent.name} ATTACH PARTITION ${name} ${bound}`,
      });
    }
  } else if (standsAlone(row, columns)) {
    for (const parent of parents) {
      const inherit = alter("inherit", `INHERIT ${parent.name}`);
      later.push({ ...inherit, needs: [address, addressOf("pg_class", parent.oid)] });
    }
  }
  return [movable.length + checks.length === 0 ? table(true, []) : { ...table(true, checks), split }, ...later];
};

interface Parent {
  readonly oid: number;
  /** Qualified and quoted. */
  readonly name: string;
}

/**
 * Whether a child could be made without its parents and then inherit: all it has is its own. That keeps the order of its
 * columns; CREATE TABLE ... INHERITS puts those of the parents first.
 */
const standsAlone = (row: CatalogRow, columns: readonly Column[]): boolean =>
  flag(row, "own_checks") &&
  columns.every((c) => c.local && (c.notNull === undefined || (c.notNull.local && c.notNull.valid)));

const createTable = (
  row: CatalogRow,
  columns: readonly Column[],
  inlineDefaults: boolean,
  checks: readonly CatalogRow[],
): string => {
  const ofType = textOrNone(row, "of_type");
  const apart = flag(row, "partition") || standsAlone(row, columns);
  const lines = columns.flatMap((column) => {
    const { name, type, collation, notNull, identity } = column;
    const set = notNull?.valid && notNull.local ? notNullSql(notNull) : "";
    if (!column.local)
      return notNull !== undefined && notNull.oid !== 0 && set !== "" ? [notNullSql(notNull, ` ${name}`)] : [];
    const clauses = [
      identity === undefined
        ? inlineDefaults || column.generated !== ""
          ? defaultClause(column)
          : ""
        : ` ${identity}`,
      set === "" ? "" : ` ${set}`,
    ].join("");
    if (ofType !== undefined) return clauses === "" ? [] : [`${name} WITH OPTIONS${clauses}`];
    return [`${name} ${type}${collation === undefined ? "" : ` COLLATE ${collation}`}${clauses}`];
  });
  const body = [...lines, ...checks.map((check) => text(check, "sql"))].map((line) => `    ${line}`).join(",\n");
  const parents = apart ? [] : json<Parent>(row, "parents");
  const partitionKey = textOrNone(row, "partition_key");
  const method = textOrNone(row, "method");
  const options = text(row, "options");
  return [
    `CREATE ${text(row, "unlogged")}TABLE ${text(row, "name")}${ofType === undefined ? "" : ` OF ${ofType}`}`,
    ofType !== undefined && body === "" ? "" : ` (\n${body}\n)`,
    parents.length === 0 ? "" : `\nINHERITS (${parents.map((parent) => parent.name).join(", ")})`,
    partitionKey === undefined ? "" : `\nPARTITION BY ${partitionKey}`,
    method === undefined ? "" : `\nUSING ${method}`,
    options === "" ? "" : `\nWITH (${options})`,
  ].join("");
};
