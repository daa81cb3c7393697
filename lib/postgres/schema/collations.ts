import { type Catalog, integer, notOfExtension, text, USER_SCHEMA } from "./catalog.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/** Collations users made. The version is left out: the restored server's own library decides what it sorts like. */
export const readCollations = async ({ query, major }: Catalog): Promise<readonly SchemaObject[]> => {
  // The locale's column was renamed in 17, when the builtin provider came; rules came in 16.
  const locale = major >= 17 ? "co.colllocale" : "co.colliculocale";
  const rules = major >= 16 ? "'rules = ' || quote_literal(co.collicurules)" : "NULL";
  const rows = await query(
    `SELECT co.oid, n.nspname AS schema, format('%I.%I', n.nspname, co.collname) AS name,
       concat_ws(', ',
         'provider = ' || CASE co.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
         CASE WHEN NOT co.collisdeterministic THEN 'deterministic = false' END,
         'locale = ' || quote_literal(${locale}),
         CASE WHEN co.collcollate = co.collctype THEN 'locale = ' || quote_literal(co.collcollate)
           ELSE 'lc_collate = ' || quote_literal(co.collcollate) || ', lc_ctype = ' || quote_literal(co.collctype) END,
         ${rules}) AS options
     FROM pg_collation co JOIN pg_namespace n ON n.oid = co.collnamespace
     WHERE ${USER_SCHEMA} AND co.collencoding IN (-1, (SELECT d.encoding FROM pg_database d WHERE d.datname = current_database()))
       AND ${notOfExtension("pg_collation", "co.oid")}`,
  );
  return rows.map((row) => ({
    kind: "collation",
    address: addressOf("pg_collation", integer(row, "oid")),
    schema: text(row, "schema"),
    name: text(row, "name"),
    tableOid: 0,
    sql: `CREATE COLLATION ${text(row, "name")} (${text(row, "options")})`,
  }));
};
