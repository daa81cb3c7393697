import type { Uncovered } from "../../model/schema.ts";
import { type Catalog, integer, json, notOfExtension, text, USER_OID_MIN, USER_SCHEMA } from "./catalog.ts";

const NAMES_MAX = 20;

/** Kind, the query of its names (one text column `name`), and from which major on it can be asked. */
interface Kind {
  readonly kind: string;
  readonly sql: string;
}

const inSchema = (kind: string, catalog: string, prefix: string, where = "true"): Kind => ({
  kind,
  sql: `SELECT format('%I.%I', n.nspname, o.${prefix}name) AS name FROM ${catalog} o JOIN pg_namespace n ON n.oid = o.${prefix}namespace
    WHERE ${USER_SCHEMA} AND ${notOfExtension(catalog, "o.oid")} AND ${where}`,
});

const plain = (kind: string, catalog: string, name: string, where = "true"): Kind => ({
  kind,
  sql: `SELECT ${name} AS name FROM ${catalog} o WHERE o.oid >= ${USER_OID_MIN} AND ${notOfExtension(catalog, "o.oid")} AND ${where}`,
});

/** Every kind of object PostgreSQL 15 to 18 has that readers of this room do not turn into statements. */
const KINDS: readonly Kind[] = [
  { kind: "large objects", sql: "SELECT oid::text AS name FROM pg_largeobject_metadata" },
  plain("foreign data wrappers", "pg_foreign_data_wrapper", "quote_ident(o.fdwname)"),
  plain("foreign servers", "pg_foreign_server", "quote_ident(o.srvname)"),
  { kind: "user mappings", sql: "SELECT format('%s for %s', srvname, usename) AS name FROM pg_user_mappings" },
  inSchema("foreign tables", "pg_class", "rel", "o.relkind = 'f'"),
  { kind: "roles", sql: `SELECT quote_ident(rolname) AS name FROM pg_roles WHERE oid >= ${USER_OID_MIN}` },
  { kind: "tablespaces", sql: `SELECT quote_ident(spcname) AS name FROM pg_tablespace WHERE oid >= ${USER_OID_MIN}` },
  {
    kind: "objects in another tablespace",
    sql: `SELECT format('%I.%I', n.nspname, o.relname) AS name FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
      WHERE o.reltablespace <> 0 AND ${USER_SCHEMA}`,
  },
  {
    kind: "subscriptions",
    sql: "SELECT quote_ident(subname) AS name FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
  },
  { kind: "security labels", sql: "SELECT DISTINCT objtype || ' ' || objname AS name FROM pg_seclabels" },
  plain("languages", "pg_language", "quote_ident(o.lanname)"),
  plain(
    "transforms",
    "pg_transform",
    "format('%s for %s', o.trftype::regtype, (SELECT lanname FROM pg_language WHERE oid = o.trflang))",
  ),
  plain("access methods", "pg_am", "quote_ident(o.amname)"),
  inSchema(
    "base types",
    "pg_type",
    "typ",
    "o.typtype = 'b' AND o.typcategory <> 'A' OR o.typtype = 'p' AND NOT o.typisdefined",
  ),
  inSchema("operator classes", "pg_opclass", "opc"),
  inSchema("operator families", "pg_opfamily", "opf"),
  inSchema("conversions", "pg_conversion", "con"),
  inSchema("text search parsers", "pg_ts_parser", "prs"),
  inSchema("text search templates", "pg_ts_template", "tmpl"),
  {
    kind: "invalid indexes",
    sql: `SELECT i.indexrelid::regclass::text AS name FROM pg_index i JOIN pg_class o ON o.oid = i.indrelid
      JOIN pg_namespace n ON n.oid = o.relnamespace WHERE NOT i.indisvalid AND o.relkind <> 'p' AND ${USER_SCHEMA}`,
  },
  {
    kind: "extension configuration tables",
    sql: "SELECT t.oid::regclass::text AS name FROM pg_extension x, unnest(x.extconfig) AS t(oid)",
  },
  {
    kind: "objects in system schemas",
    sql: `SELECT format('%I.%I', n.nspname, o.name) AS name FROM (
        SELECT 'pg_class'::regclass AS class, oid, relname AS name, relnamespace AS nsp FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
        UNION ALL SELECT 'pg_proc'::regclass, oid, proname, pronamespace FROM pg_proc) o JOIN pg_namespace n ON n.oid = o.nsp
      WHERE n.nspname IN ('pg_catalog', 'information_schema') AND o.oid >= ${USER_OID_MIN}
        AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = o.class AND e.objid = o.oid AND e.deptype IN ('e', 'i'))`,
  },
  {
    kind: "rights changed on objects of extensions and of the system",
    sql: `SELECT pg_describe_object(o.class, o.oid, 0) AS name FROM (
        SELECT 'pg_class'::regclass AS class, oid, relacl AS acl, relnamespace AS nsp FROM pg_class
        UNION ALL SELECT 'pg_proc'::regclass, oid, proacl, pronamespace FROM pg_proc) o
      LEFT JOIN pg_init_privs i ON i.classoid = o.class AND i.objoid = o.oid AND i.objsubid = 0
      WHERE o.acl IS DISTINCT FROM i.initprivs AND (o.oid < ${USER_OID_MIN} AND o.nsp = 'pg_catalog'::regnamespace OR EXISTS (SELECT FROM pg_depend e
        WHERE e.classid = o.class AND e.objid = o.oid AND e.deptype = 'e'))`,
  },
  {
    kind: "rights and comment of the database",
    sql: `SELECT w.name FROM pg_database b, LATERAL (VALUES ('rights', b.datacl IS NOT NULL),
        ('comment', shobj_description(b.oid, 'pg_database') IS NOT NULL)) AS w(name, there)
      WHERE b.datname = current_database() AND w.there`,
  },
  { kind: "rights on parameters", sql: "SELECT parname AS name FROM pg_parameter_acl" },
  {
    kind: "settings of the database and its roles",
    sql: `SELECT concat_ws(' ', CASE WHEN s.setdatabase <> 0 THEN 'database' END, pg_get_userbyid(nullif(s.setrole, 0)), split_part(c, '=', 1)) AS name
      FROM pg_db_role_setting s, unnest(s.setconfig) c
      WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))`,
  },
];

/** What the database has and a point does not hold. Kinds that do not occur are left out. */
export const readUncovered = async ({ query }: Catalog): Promise<readonly Uncovered[]> => {
  const rows = await query(
    KINDS.map(
      ({ kind, sql }, at) =>
        `SELECT ${at} AS at, '${kind}' AS kind, count(*) AS count,
           to_json((array_agg(k.name::text ORDER BY k.name::text COLLATE "C"))[1:${NAMES_MAX}]) AS names FROM (${sql}) k`,
    ).join("\nUNION ALL\n"),
  );
  return rows
    .toSorted((a, b) => integer(a, "at") - integer(b, "at"))
    .filter((row) => integer(row, "count") > 0)
    .map((row) => ({ kind: text(row, "kind"), count: integer(row, "count"), names: json<string>(row, "names") }));
};

/** Objects of ours that were left out, by kind. */
export const uncoveredObjects = (
  objects: readonly { readonly kind: string; readonly name: string }[],
  why: string,
): readonly Uncovered[] =>
  Array.from(
    Map.groupBy(objects, (object) => object.kind),
    ([kind, all]) => ({
      kind: `${kind} ${why}`,
      count: all.length,
      names: all
        .map((object) => object.name)
        .toSorted()
        .slice(0, NAMES_MAX),
    }),
  );
