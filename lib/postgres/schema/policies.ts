import { type Catalog, flag, integer, text, userRelation } from "./catalog.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/** Row level security: switched on per table, and its policies. A policy may name roles, which a point does not hold. */
export const readPolicies = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const tables = await query(
    `SELECT c.oid, n.nspname AS schema, format('%I.%I', n.nspname, c.relname) AS name,
       c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND (c.relrowsecurity OR c.relforcerowsecurity) AND ${userRelation("c")}`,
  );
  const policies = await query(
    `SELECT p.oid, n.nspname AS schema, c.oid AS table_oid, format('%I.%I.%I', n.nspname, c.relname, p.polname) AS name,
       format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s', p.polname, n.nspname, c.relname,
         CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
         CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
         (SELECT string_agg(CASE WHEN r.role = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.role)) END, ', ' ORDER BY r.at)
           FROM unnest(p.polroles) WITH ORDINALITY AS r(role, at))) ||
       CASE WHEN p.polqual IS NULL THEN '' ELSE ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')' END ||
       CASE WHEN p.polwithcheck IS NULL THEN '' ELSE ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')' END AS sql
     FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${userRelation("c")}`,
  );
  return [
    ...tables.flatMap((row) =>
      [flag(row, "enabled") ? "ENABLE" : "", flag(row, "forced") ? "FORCE" : ""]
        .filter((verb) => verb !== "")
        .map((verb): SchemaObject => {
          const tableOid = integer(row, "oid");
          const name = text(row, "name");
          return {
            kind: "row security",
            needs: [addressOf("pg_class", tableOid)],
            schema: text(row, "schema"),
            name,
            tableOid,
            sql: `ALTER TABLE ${name} ${verb} ROW LEVEL SECURITY`,
          };
        }),
    ),
    ...policies.map(
      (row): SchemaObject => ({
        kind: "policy",
        address: addressOf("pg_policy", integer(row, "oid")),
        schema: text(row, "schema"),
        name: text(row, "name"),
        tableOid: integer(row, "table_oid"),
        sql: text(row, "sql"),
      }),
    ),
  ];
};
