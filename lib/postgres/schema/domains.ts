import { byOid, type Catalog, flag, integer, notOfExtension, text, textOrNone, USER_SCHEMA } from "./catalog.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/** Domains with their checks. A check that uses a function of the domain itself follows as ALTER DOMAIN. */
export const readDomains = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const domains = await query(
    `SELECT t.oid, n.nspname AS schema, format('%I.%I', n.nspname, t.typname) AS name,
       format_type(t.typbasetype, t.typtypmod) || CASE WHEN t.typcollation <> b.typcollation
         THEN (SELECT format(' COLLATE %I.%I', cn.nspname, co.collname) FROM pg_collation co
           JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = t.typcollation) ELSE '' END ||
       coalesce(' DEFAULT ' || coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)), '') ||
       CASE WHEN t.typnotnull THEN coalesce((SELECT format(' CONSTRAINT %I', k.conname) FROM pg_constraint k
         WHERE k.contypid = t.oid AND k.contype = 'n' AND k.conname <> t.typname || '_not_null'), '') || ' NOT NULL'
         ELSE '' END AS body
     FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_type b ON b.oid = t.typbasetype
     WHERE t.typtype = 'd' AND ${USER_SCHEMA} AND ${notOfExtension("pg_type", "t.oid")}`,
  );
  const checks = byOid(
    await query(
      `SELECT k.oid, k.contypid AS domain, format('%I', k.conname) AS name, pg_get_constraintdef(k.oid) AS definition,
         k.convalidated AS validated
       FROM pg_constraint k WHERE k.contypid <> 0 AND k.contype = 'c' ORDER BY k.conname`,
    ),
    "domain",
  );
  return domains.flatMap((row) => {
    const oid = integer(row, "oid");
    const schema = text(row, "schema");
    const name = text(row, "name");
    const all = (checks.get(oid) ?? []).map((check) => ({
      validated: flag(check, "validated"),
      sql: `CONSTRAINT ${text(check, "name")} ${text(check, "definition")}`,
      address: addressOf("pg_constraint", integer(check, "oid")),
    }));
    const domain = (inline: typeof all): SchemaObject => ({
      kind: "domain",
      address: addressOf("pg_type", oid),
      schema,
      name,
      tableOid: 0,
      sql: [`CREATE DOMAIN ${name} AS ${textOrNone(row, "body") ?? ""}`, ...inline.map((check) => check.sql)].join(" "),
    });
    const later = (apart: typeof all): SchemaObject[] =>
      apart.map(({ address, sql }) => ({
        kind: "domain constraint",
        address,
        needs: [addressOf("pg_type", oid)],
        schema,
        name,
        tableOid: 0,
        sql: `ALTER DOMAIN ${name} ADD ${sql}`,
      }));
    const inline = all.filter((check) => check.validated);
    const invalid = all.filter((check) => !check.validated);
    return [
      inline.length === 0 ? domain([]) : { ...domain(inline), split: () => [domain([]), ...later(inline)] },
      ...later(invalid),
    ];
  });
};
