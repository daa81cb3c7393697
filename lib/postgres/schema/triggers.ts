import { type Catalog, type CatalogRow, flag, integer, text, textOrNone, userRelation } from "./catalog.ts";
import { addressOf, type SchemaObject, type StatementKind } from "./schema-object.ts";

/** When a trigger or rule fires, other than the default: pg_trigger.tgenabled, pg_rewrite.ev_enabled. */
const STATES = `CASE %s WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END`;

/**
 * Triggers with their state. A row trigger of a partitioned table makes its own clones on the partitions; of a clone
 * only a state unlike its parent's is kept.
 */
export const readTriggers = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT t.oid, n.nspname AS schema, format('%I.%I', n.nspname, c.relname) AS table_name, c.relkind AS table_kind,
       c.oid AS table_oid, format('%I', t.tgname) AS name,
       t.tgparentid = 0 AS own, CASE WHEN t.tgparentid = 0 THEN pg_get_triggerdef(t.oid) END AS definition,
       CASE WHEN t.tgenabled <> coalesce(p.tgenabled, 'O') THEN ${STATES.replace("%s", "t.tgenabled")} END AS state,
       coalesce(p.oid, t.oid) AS root
     FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_trigger p ON p.oid = t.tgparentid
     WHERE NOT t.tgisinternal AND c.relkind <> 'f' AND ${userRelation("c")}`,
  );
  return rows.flatMap((row) => withState(row, "trigger", "pg_trigger", addressOf("pg_trigger", integer(row, "root"))));
};

/** Rules other than the one that makes a view a view. */
export const readRules = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT r.oid, n.nspname AS schema, format('%I.%I', n.nspname, c.relname) AS table_name, c.relkind AS table_kind,
       c.oid AS table_oid, format('%I', r.rulename) AS name, true AS own, rtrim(pg_get_ruledef(r.oid), ';') AS definition,
       CASE WHEN r.ev_enabled <> 'O' THEN ${STATES.replace("%s", "r.ev_enabled")} END AS state
     FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE r.rulename <> '_RETURN' AND c.relkind <> 'f' AND ${userRelation("c")}`,
  );
  return rows.flatMap((row) => withState(row, "rule", "pg_rewrite", addressOf("pg_rewrite", integer(row, "oid"))));
};

const withState = (row: CatalogRow, kind: StatementKind, catalog: string, after: string): SchemaObject[] => {
  const table = text(row, "table_name");
  const head = {
    kind,
    schema: text(row, "schema"),
    name: `${table}.${text(row, "name")}`,
    tableOid: text(row, "table_kind") === "v" ? 0 : integer(row, "table_oid"),
  };
  const state = textOrNone(row, "state");
  return [
    ...(flag(row, "own")
      ? [{ ...head, address: addressOf(catalog, integer(row, "oid")), sql: text(row, "definition") }]
      : []),
    ...(state === undefined
      ? []
      : [{ ...head, needs: [after], sql: `ALTER TABLE ${table} ${state} ${kind.toUpperCase()} ${text(row, "name")}` }]),
  ];
};
