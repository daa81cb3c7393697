import { type Catalog, type CatalogRow, flag, integer, json, text, textOrNone, userRelation } from "./catalog.ts";
import { addressOf, type SchemaObject, type StatementKind } from "./schema-object.ts";

/**
 * Indexes, and what is set on them or by them. One of a partitioned table is made ON ONLY it (that is how the server
 * prints it), the partitions' ones by themselves, and then each is attached, so that names and options stay theirs.
 * An invalid one (a failed CREATE INDEX CONCURRENTLY) is left out and named as uncovered.
 */
export const readIndexes = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT i.indexrelid AS oid, n.nspname AS schema, format('%I.%I', xn.nspname, x.relname) AS name, format('%I', x.relname) AS bare,
       t.relkind AS table_kind, t.oid AS table_oid, format('%I.%I', n.nspname, t.relname) AS table_name,
       CASE WHEN k.oid IS NULL THEN pg_get_indexdef(i.indexrelid) END AS definition, k.oid AS constraint_oid,
       i.indisclustered AS clustered, i.indisreplident AS identity,
       (SELECT h.inhparent FROM pg_inherits h WHERE h.inhrelid = i.indexrelid) AS parent_oid,
       (SELECT format('%I.%I', pn.nspname, p.relname) FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent
         JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE h.inhrelid = i.indexrelid) AS parent,
       (SELECT json_agg(format('ALTER COLUMN %s SET STATISTICS %s', a.attnum, a.attstattarget) ORDER BY a.attnum)
         FROM pg_attribute a WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0) AS statistics
     FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
       JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_namespace xn ON xn.oid = x.relnamespace
       LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
     WHERE (i.indisvalid OR t.relkind = 'p') AND ${userRelation("t")}`,
  );
  return rows.flatMap(statementsOf);
};

const statementsOf = (row: CatalogRow): SchemaObject[] => {
  const index = addressOf("pg_class", integer(row, "oid"));
  const name = text(row, "name");
  const table = text(row, "table_name");
  const tableOid = text(row, "table_kind") === "m" ? 0 : integer(row, "table_oid");
  // The index of a key is made by the key's constraint: whoever needs the one needs the other.
  const made = row.constraint_oid === null ? index : addressOf("pg_constraint", integer(row, "constraint_oid"));
  const then = (kind: StatementKind, sql: string, more: readonly string[] = []): SchemaObject => ({
    kind,
    needs: [made, ...more],
    schema: text(row, "schema"),
    name,
    tableOid,
    sql,
  });
  const parent = textOrNone(row, "parent");
  return [
    ...(row.constraint_oid !== null
      ? []
      : [
          {
            ...then("index", text(row, "definition")),
            needs: [addressOf("pg_class", integer(row, "table_oid"))],
            address: index,
          },
        ]),
    ...(parent === undefined
      ? []
      : [
          then("attach index", `ALTER INDEX ${parent} ATTACH PARTITION ${name}`, [
            addressOf("pg_class", integer(row, "parent_oid")),
          ]),
        ]),
    ...json<string>(row, "statistics").map((action) => then("index option", `ALTER INDEX ${name} ${action}`)),
    ...(flag(row, "clustered") ? [then("cluster", `ALTER TABLE ${table} CLUSTER ON ${text(row, "bare")}`)] : []),
    ...(flag(row, "identity")
      ? [then("replica identity", `ALTER TABLE ONLY ${table} REPLICA IDENTITY USING INDEX ${text(row, "bare")}`)]
      : []),
  ];
};
