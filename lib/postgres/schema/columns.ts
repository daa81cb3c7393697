import { byOid, type Catalog, type CatalogRow, flag, integer, text, textOrNone } from "./catalog.ts";
import { SEQUENCE_OPTIONS } from "./sequences.ts";

/** A column of a table, as the pieces CREATE TABLE and ALTER TABLE are made of. Every text is SQL, quoted. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly collation: string | undefined;
  /** False if the column is there because a parent has it. */
  readonly local: boolean;
  readonly identity: string | undefined;
  readonly generated: "" | "s" | "v";
  readonly defaultOid: number;
  readonly defaultSql: string | undefined;
  /** Whether the default, or that there is none, differs from an ancestor's. */
  readonly defaultDiffers: boolean;
  readonly notNull: NotNull | undefined;
  /** ALTER COLUMN actions: storage, compression, statistics target and options that are not the type's own. */
  readonly options: readonly string[];
}

export interface NotNull {
  /** oid of the constraint, or 0 where there is none (before 18). */
  readonly oid: number;
  /** Quoted name where it is not the one PostgreSQL gives by itself; known from 18 on. */
  readonly name: string | undefined;
  readonly noInherit: boolean;
  /** Set on this table itself, not only taken from a parent. */
  readonly local: boolean;
  readonly valid: boolean;
}

/** Every relation with all it inherits from, near and far: `up (child, ancestor)`. */
export const ANCESTORS = `up (child, ancestor) AS (
  SELECT inhrelid, inhparent FROM pg_inherits UNION SELECT up.child, i.inhparent FROM up JOIN pg_inherits i ON i.inhrelid = up.ancestor)`;

/** The columns of every relation that has them, by the relation's oid, in attribute order. */
export const readColumns = async (catalog: Catalog): Promise<ReadonlyMap<number, readonly Column[]>> => {
  const rows = await catalog.query(
    `WITH RECURSIVE ${ANCESTORS}
     SELECT a.attrelid AS relation, format('%I', a.attname) AS name, format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0 THEN
         (SELECT format('%I.%I', cn.nspname, co.collname) FROM pg_collation co
           JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = a.attcollation) END AS collation,
       a.attislocal OR c.relispartition AS local, a.attgenerated AS generated,
       coalesce(d.oid, 0) AS default_oid, pg_get_expr(d.adbin, d.adrelid) AS default_sql,
       EXISTS (SELECT FROM up JOIN pg_attribute pa ON pa.attrelid = up.ancestor AND pa.attname = a.attname
           LEFT JOIN pg_attrdef pd ON pd.adrelid = pa.attrelid AND pd.adnum = pa.attnum
         WHERE up.child = a.attrelid
           AND pg_get_expr(pd.adbin, pd.adrelid) IS DISTINCT FROM pg_get_expr(d.adbin, d.adrelid)) AS default_differs,
       a.attnotnull AS not_null, coalesce(nn.oid, 0) AS not_null_oid, nn.connoinherit AS not_null_no_inherit,
       CASE WHEN nn.conname <> c.relname || '_' || a.attname || '_not_null' THEN format('%I', nn.conname) END AS not_null_name,
       coalesce(nn.convalidated, true) AS not_null_valid,
       CASE WHEN c.relispartition THEN true WHEN nn.oid IS NOT NULL THEN nn.conislocal
         ELSE a.attislocal OR EXISTS (
           SELECT FROM up JOIN pg_attribute pa ON pa.attrelid = up.ancestor AND pa.attname = a.attname
           WHERE up.child = a.attrelid AND NOT pa.attnotnull) END AS not_null_local,
       a.attidentity AS identity, sq.name AS sequence, sq.options AS sequence_options,
       CASE WHEN a.attstorage <> t.typstorage AND a.attstorage <> '' THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN'
         WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END AS storage,
       CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
       nullif(a.attstattarget, -1) AS statistics,
       (SELECT string_agg(o, ', ' ORDER BY at) FROM unnest(a.attoptions) WITH ORDINALITY AS u(o, at)) AS attribute_options
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
       LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
       LEFT JOIN pg_constraint nn ON nn.conrelid = a.attrelid AND nn.contype = 'n' AND nn.conkey[1] = a.attnum
       LEFT JOIN LATERAL (SELECT format('%I.%I', sn.nspname, sc.relname) AS name, ${SEQUENCE_OPTIONS} AS options
         FROM pg_depend o JOIN pg_sequence s ON s.seqrelid = o.objid JOIN pg_class sc ON sc.oid = o.objid
           JOIN pg_namespace sn ON sn.oid = sc.relnamespace
         WHERE a.attidentity <> '' AND o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass
           AND o.refobjid = a.attrelid AND o.refobjsubid = a.attnum AND o.deptype = 'i') sq ON true
     WHERE c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND c.oid >= 16384
     ORDER BY a.attrelid, a.attnum`,
  );
  return new Map(Array.from(byOid(rows, "relation"), ([relation, columns]) => [relation, columns.map(columnOf)]));
};

const columnOf = (row: CatalogRow): Column => {
  const sequence = textOrNone(row, "sequence");
  const options = [
    ["SET STORAGE ", textOrNone(row, "storage")],
    ["SET COMPRESSION ", textOrNone(row, "compression")],
    ["SET STATISTICS ", textOrNone(row, "statistics")],
  ].flatMap(([action, value]) => (value === undefined ? [] : [`${action}${value}`]));
  const attributeOptions = textOrNone(row, "attribute_options");
  return {
    name: text(row, "name"),
    type: text(row, "type"),
    collation: textOrNone(row, "collation"),
    local: flag(row, "local"),
    // A partition has its parent's identity (from 17 on) but not a sequence of its own: ATTACH PARTITION gives it.
    identity:
      sequence === undefined
        ? undefined
        : `GENERATED ${text(row, "identity") === "a" ? "ALWAYS" : "BY DEFAULT"} AS IDENTITY (SEQUENCE NAME ${sequence} ${text(row, "sequence_options")})`,
    generated: text(row, "generated") as Column["generated"],
    defaultOid: integer(row, "default_oid"),
    defaultSql: integer(row, "default_oid") === 0 ? undefined : text(row, "default_sql"),
    defaultDiffers: flag(row, "default_differs"),
    notNull: flag(row, "not_null")
      ? {
          name: textOrNone(row, "not_null_name"),
          oid: integer(row, "not_null_oid"),
          noInherit: flag(row, "not_null_no_inherit"),
          local: flag(row, "not_null_local"),
          valid: flag(row, "not_null_valid"),
        }
      : undefined,
    options: attributeOptions === undefined ? options : [...options, `SET (${attributeOptions})`],
  };
};

/** `CONSTRAINT name NOT NULL NO INHERIT`, as far as it applies. */
export const notNullSql = ({ name, noInherit }: NotNull, column = ""): string =>
  `${name === undefined ? "" : `CONSTRAINT ${name} `}NOT NULL${column}${noInherit ? " NO INHERIT" : ""}`;

/** DEFAULT or GENERATED AS clause, or empty. */
export const defaultClause = ({ generated, defaultSql }: Column): string => {
  if (defaultSql === undefined) return "";
  if (generated === "") return ` DEFAULT ${defaultSql}`;
  return ` GENERATED ALWAYS AS (${defaultSql})${generated === "s" ? " STORED" : " VIRTUAL"}`;
};
