import { type Catalog, flag, integer, json, notOfExtension, text, USER_SCHEMA } from "./catalog.ts";
import { addressOf, NOTHING, type SchemaObject, type StatementKind } from "./schema-object.ts";

/**
 * Functions, window functions and procedures, as the server itself prints them. One that is part of a cycle (BEGIN
 * ATOMIC bodies and argument defaults are parsed at creation) is first made with its signature and an empty SQL body,
 * which `check_function_bodies = off` lets pass, and gets its own body when what that needs is there.
 */
export const readRoutines = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT p.oid, n.nspname AS schema, p.oid::regprocedure::text AS name, n.oid AS schema_oid, p.prokind = 'p' AS procedure,
       rtrim(pg_get_functiondef(p.oid), E'\\n') AS definition,
       format('CREATE %s %I.%I(%s)%s LANGUAGE sql%s AS ''''', CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
         n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), ' RETURNS ' || pg_get_function_result(p.oid),
         CASE p.prokind WHEN 'w' THEN ' WINDOW' ELSE '' END) AS stub,
       (SELECT json_agg(DISTINCT t) FROM unnest(p.prorettype || coalesce(p.proallargtypes, p.proargtypes::oid[])) t) AS types
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE p.prokind <> 'a' AND ${USER_SCHEMA} AND ${notOfExtension("pg_proc", "p.oid")}
       AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')`,
  );
  return rows.map((row) => {
    const address = addressOf("pg_proc", integer(row, "oid"));
    const kind: StatementKind = flag(row, "procedure") ? "procedure" : "function";
    const head = { kind, schema: text(row, "schema"), name: text(row, "name"), tableOid: 0 };
    const whole: SchemaObject = { ...head, address, sql: text(row, "definition") };
    const stub: SchemaObject = {
      ...head,
      address,
      dependsAs: NOTHING,
      needs: [
        addressOf("pg_namespace", integer(row, "schema_oid")),
        ...json<string>(row, "types").map((oid) => addressOf("pg_type", Number(oid))),
      ],
      sql: text(row, "stub"),
    };
    const body: SchemaObject = { ...head, dependsAs: address, needs: [address], sql: text(row, "definition") };
    return { ...whole, split: () => [stub, body] };
  });
};
