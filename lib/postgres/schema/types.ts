import { type Catalog, integer, notOfExtension, text, textOrNone, USER_SCHEMA } from "./catalog.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/** Enums, composite types and ranges. */
export const readTypes = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT t.oid, n.nspname AS schema, format('%I.%I', n.nspname, t.typname) AS name,
       CASE t.typtype WHEN 'e' THEN 'ENUM (' || (${ENUM_LABELS}) || ')'
         WHEN 'c' THEN '(' || coalesce((${ATTRIBUTES}), '') || ')'
         WHEN 'r' THEN (${RANGE_OPTIONS}) END AS body
     FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
     WHERE ${USER_SCHEMA} AND ${notOfExtension("pg_type", "t.oid")}
       AND (t.typtype IN ('e', 'r') OR t.typtype = 'c' AND c.relkind = 'c')`,
  );
  return rows.map((row) => ({
    kind: "type",
    address: addressOf("pg_type", integer(row, "oid")),
    schema: text(row, "schema"),
    name: text(row, "name"),
    tableOid: 0,
    sql: `CREATE TYPE ${text(row, "name")} AS ${textOrNone(row, "body") ?? ""}`,
  }));
};

// An enum may lose nothing, but it may be empty: string_agg gives NULL then.
const ENUM_LABELS = `SELECT coalesce(string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder), '')
  FROM pg_enum e WHERE e.enumtypid = t.oid`;

const ATTRIBUTES = `SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)) ||
    CASE WHEN a.attcollation <> at.typcollation AND a.attcollation <> 0
      THEN (SELECT format(' COLLATE %I.%I', cn.nspname, co.collname)
        FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = a.attcollation)
      ELSE '' END, ', ' ORDER BY a.attnum)
  FROM pg_attribute a JOIN pg_type at ON at.oid = a.atttypid
  WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped`;

const RANGE_OPTIONS = `SELECT 'RANGE (' || concat_ws(', ',
    'subtype = ' || format_type(r.rngsubtype, NULL),
    CASE WHEN NOT o.opcdefault THEN (SELECT format('subtype_opclass = %I.%I', cn.nspname, o.opcname)
      FROM pg_namespace cn WHERE cn.oid = o.opcnamespace) END,
    CASE WHEN r.rngcollation <> st.typcollation THEN (SELECT format('collation = %I.%I', cn.nspname, co.collname)
      FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = r.rngcollation) END,
    CASE WHEN r.rngcanonical <> 0 THEN 'canonical = ' || r.rngcanonical::regproc::text END,
    CASE WHEN r.rngsubdiff <> 0 THEN 'subtype_diff = ' || r.rngsubdiff::regproc::text END,
    (SELECT format('multirange_type_name = %I.%I', mn.nspname, m.typname)
      FROM pg_type m JOIN pg_namespace mn ON mn.oid = m.typnamespace WHERE m.oid = r.rngmultitypid)) || ')'
  FROM pg_range r JOIN pg_opclass o ON o.oid = r.rngsubopc JOIN pg_type st ON st.oid = r.rngsubtype
  WHERE r.rngtypid = t.oid`;
