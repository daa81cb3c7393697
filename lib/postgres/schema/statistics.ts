import { type Catalog, integer, notOfExtension, text, textOrNone, USER_SCHEMA } from "./catalog.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/** Extended statistics objects: their definitions. ANALYZE fills them after the restore. */
export const readStatistics = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT s.oid, n.nspname AS schema, format('%I.%I', n.nspname, s.stxname) AS name, s.stxrelid AS table_oid,
       pg_get_statisticsobjdef(s.oid) AS definition, nullif(s.stxstattarget, -1) AS target
     FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace JOIN pg_class c ON c.oid = s.stxrelid
     WHERE ${USER_SCHEMA} AND ${notOfExtension("pg_statistic_ext", "s.oid")}`,
  );
  return rows.flatMap((row) => {
    const address = addressOf("pg_statistic_ext", integer(row, "oid"));
    const head = {
      kind: "statistics" as const,
      schema: text(row, "schema"),
      name: text(row, "name"),
      tableOid: integer(row, "table_oid"),
    };
    const target = textOrNone(row, "target");
    const made: SchemaObject = { ...head, address, sql: text(row, "definition") };
    if (target === undefined) return [made];
    return [made, { ...head, needs: [address], sql: `ALTER STATISTICS ${head.name} SET STATISTICS ${target}` }];
  });
};
