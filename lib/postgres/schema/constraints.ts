import { type Catalog, flag, integer, json, optionsSql, text, textOrNone, userRelation } from "./catalog.ts";
import { addressOf, type SchemaObject, type StatementKind } from "./schema-object.ts";

const KINDS: Readonly<Record<string, StatementKind>> = {
  p: "primary key",
  u: "unique",
  x: "exclusion",
  c: "check",
  f: "foreign key",
};

/**
 * Checks that a child has from its parent and holds to be valid, while the parent's is NOT VALID: made with the parent's
 * they would be NOT VALID too.
 */
export const readValidations = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT n.nspname AS schema, c.oid AS table_oid, format('%I.%I', n.nspname, c.relname) AS table_name, format('%I', k.conname) AS name,
       json_agg(pk.oid::bigint) AS parents
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_inherits i ON i.inhrelid = c.oid
       JOIN pg_constraint pk ON pk.conrelid = i.inhparent AND pk.contype = k.contype AND (pk.conname = k.conname OR k.contype = 'n')
     WHERE k.contype IN ('c', 'n') AND k.convalidated AND NOT k.conislocal AND NOT c.relispartition AND NOT pk.convalidated
       AND (k.contype = 'c' OR (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[1])
         = (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = pk.conrelid AND a.attnum = pk.conkey[1]))
       AND ${userRelation("c")}
     GROUP BY n.nspname, c.oid, c.relname, k.conname`,
  );
  return rows.map((row) => ({
    kind: "validation",
    needs: [
      addressOf("pg_class", integer(row, "table_oid")),
      ...json<number>(row, "parents").map((oid) => addressOf("pg_constraint", oid)),
    ],
    schema: text(row, "schema"),
    name: `${text(row, "table_name")}.${text(row, "name")}`,
    tableOid: integer(row, "table_oid"),
    sql: `ALTER TABLE ${text(row, "table_name")} VALIDATE CONSTRAINT ${text(row, "name")}`,
  }));
};

/**
 * Constraints that come after the rows: keys, exclusions, foreign keys, and checks that are NOT VALID (valid ones are
 * part of CREATE TABLE). Foreign keys and checks that a partition or child has from its parent come with the parent's.
 * Keys of a partitioned table are added to it ONLY; the partitions' own are then attached (indexes.ts).
 */
export const readConstraints = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT k.oid, k.contype AS type, n.nspname AS schema, c.oid AS table_oid, format('%I.%I', n.nspname, c.relname) AS table_name,
       format('%I', k.conname) AS name, pg_get_constraintdef(k.oid) AS definition,
       k.condeferrable AS deferrable, k.condeferred AS deferred,
       -- A key's index options are not in its definition, an exclusion's are.
       CASE WHEN k.contype IN ('p', 'u') THEN ${optionsSql("ix.reloptions")} END AS options,
       c.relkind = 'p' AS partitioned
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_class ix ON ix.oid = k.conindid
     WHERE c.relkind IN ('r', 'p') AND ${userRelation("c")} AND (k.contype IN ('p', 'u', 'x') OR k.contype = 'f' AND k.conparentid = 0
       OR k.contype = 'c' AND NOT k.convalidated AND k.conislocal)`,
  );
  return rows.map((row) => {
    const type = text(row, "type");
    const tableOid = integer(row, "table_oid");
    const only = type === "c" || (type === "f" && flag(row, "partitioned")) ? "" : "ONLY ";
    const deferral = `${flag(row, "deferrable") ? " DEFERRABLE" : ""}${flag(row, "deferred") ? " INITIALLY DEFERRED" : ""}`;
    const definition = text(row, "definition");
    const options = textOrNone(row, "options");
    const whole =
      options === undefined
        ? definition
        : `${definition.slice(0, definition.length - deferral.length)} WITH (${options})${deferral}`;
    return {
      kind: KINDS[type] ?? "check",
      address: addressOf("pg_constraint", integer(row, "oid")),
      needs: [addressOf("pg_class", tableOid)],
      schema: text(row, "schema"),
      name: `${text(row, "table_name")}.${text(row, "name")}`,
      tableOid,
      sql: `ALTER TABLE ${only}${text(row, "table_name")} ADD CONSTRAINT ${text(row, "name")} ${whole}`,
    };
  });
};
