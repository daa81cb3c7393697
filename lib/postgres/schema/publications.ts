import { type Catalog, flag, integer, text } from "./catalog.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/** Publications, and their members one by one, so that a restore of some tables can take theirs. */
export const readPublications = async ({ query, major }: Catalog): Promise<readonly SchemaObject[]> => {
  const generated =
    major >= 18 ? "CASE p.pubgencols WHEN 's' THEN ', publish_generated_columns = stored' ELSE '' END" : "''";
  const publications = await query(
    `SELECT p.oid, format('%I', p.pubname) AS name, p.puballtables AS all_tables,
       format('publish = %L%s%s', concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
         CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END),
         CASE WHEN p.pubviaroot THEN ', publish_via_partition_root = true' ELSE '' END, ${generated}) AS options
     FROM pg_publication p`,
  );
  const members = await query(
    `SELECT p.oid AS publication_oid, format('%I', p.pubname) AS publication, r.prrelid AS table_oid, n.nspname AS schema,
       format('TABLE ONLY %I.%I', n.nspname, c.relname) ||
       coalesce((SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')'
         FROM pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)), '') ||
       CASE WHEN r.prqual IS NULL THEN '' ELSE ' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')' END AS member, 'pg_class/' || c.oid AS needs
     FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid JOIN pg_class c ON c.oid = r.prrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
     UNION ALL
     SELECT p.oid, format('%I', p.pubname), 0, n.nspname, format('TABLES IN SCHEMA %I', n.nspname), 'pg_namespace/' || n.oid
     FROM pg_publication_namespace s JOIN pg_publication p ON p.oid = s.pnpubid JOIN pg_namespace n ON n.oid = s.pnnspid
     ORDER BY schema, member`,
  );
  return [
    ...publications.map(
      (row): SchemaObject => ({
        kind: "publication",
        address: addressOf("pg_publication", integer(row, "oid")),
        schema: "",
        name: text(row, "name"),
        tableOid: 0,
        sql: `CREATE PUBLICATION ${text(row, "name")}${flag(row, "all_tables") ? " FOR ALL TABLES" : ""} WITH (${text(row, "options")})`,
      }),
    ),
    ...members.map(
      (row): SchemaObject => ({
        kind: "publication member",
        needs: [addressOf("pg_publication", integer(row, "publication_oid")), text(row, "needs")],
        schema: text(row, "schema"),
        name: text(row, "publication"),
        tableOid: integer(row, "table_oid"),
        sql: `ALTER PUBLICATION ${text(row, "publication")} ADD ${text(row, "member")}`,
      }),
    ),
  ];
};
