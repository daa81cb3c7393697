import { type Catalog, flag, integer, text, USER_OID_MIN } from "./catalog.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/** Comments on everything that is captured, columns included. */
export const readComments = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT d.classoid::regclass::text AS catalog, d.objoid AS oid, d.objsubid <> 0 AS column, i.type, i.identity,
       (SELECT format('%I ON DOMAIN %I.%I', k.conname, tn.nspname, t.typname) FROM pg_constraint k
         JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace tn ON tn.oid = t.typnamespace
         WHERE d.classoid = 'pg_constraint'::regclass AND k.oid = d.objoid) AS domain_constraint,
       quote_literal(d.description) AS text
     FROM pg_description d, LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) i
     WHERE (d.objoid >= $1 OR d.classoid = 'pg_namespace'::regclass AND i.identity = 'public'
         AND d.description <> 'standard public schema')
       AND i.identity IS NOT NULL
       AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')
       AND NOT (d.classoid = 'pg_constraint'::regclass AND EXISTS (SELECT FROM pg_constraint k
         WHERE k.oid = d.objoid AND k.contype = 'f' AND k.conparentid <> 0))`,
    [USER_OID_MIN],
  );
  // A new database has a comment on public; where somebody removed it, it must go again.
  const bare = await query(
    `SELECT n.oid FROM pg_namespace n WHERE n.nspname = 'public' AND obj_description(n.oid, 'pg_namespace') IS NULL`,
  );
  return [
    ...rows.map((row) =>
      comment(addressOf(text(row, "catalog"), integer(row, "oid")), targetOf(row), text(row, "text")),
    ),
    ...bare.map((row) => comment(addressOf("pg_namespace", integer(row, "oid")), "SCHEMA public", "NULL")),
  ];
};

const comment = (about: string, target: string, literal: string): SchemaObject => ({
  kind: "comment",
  about,
  schema: "",
  name: target,
  tableOid: 0,
  sql: `COMMENT ON ${target} IS ${literal}`,
});

/** The object as COMMENT ON names it, from what pg_identify_object calls it. */
const targetOf = (row: Readonly<Record<string, unknown>>): string => {
  const type = text(row, "type");
  if (flag(row, "column")) return `COLUMN ${text(row, "identity")}`;
  if (type === "domain constraint") return `CONSTRAINT ${text(row, "domain_constraint")}`;
  if (type === "table constraint") return `CONSTRAINT ${text(row, "identity")}`;
  if (type === "statistics object") return `STATISTICS ${text(row, "identity")}`;
  if (type === "composite type") return `TYPE ${text(row, "identity")}`;
  return `${type.toUpperCase()} ${text(row, "identity")}`;
};
