import { type Catalog, integer, notOfExtension, text, USER_OID_MIN, USER_SCHEMA } from "./catalog.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/** Operators. Naming a commutator or negator that is not there yet makes a shell, which its own statement then fills. */
export const readOperators = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT o.oid, n.nspname AS schema, o.oid::regoperator::text AS name,
       format('CREATE OPERATOR %I.%s (%s)', n.nspname, o.oprname, concat_ws(', ',
         'FUNCTION = ' || o.oprcode::regproc::text,
         CASE WHEN o.oprleft <> 0 THEN 'LEFTARG = ' || format_type(o.oprleft, NULL) END,
         'RIGHTARG = ' || format_type(o.oprright, NULL),
         'COMMUTATOR = ' || (${named("o.oprcom")}), 'NEGATOR = ' || (${named("o.oprnegate")}),
         CASE WHEN o.oprrest <> 0 THEN 'RESTRICT = ' || o.oprrest::regproc::text END,
         CASE WHEN o.oprjoin <> 0 THEN 'JOIN = ' || o.oprjoin::regproc::text END,
         CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END)) AS sql
     FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
     WHERE o.oprcode <> 0 AND ${USER_SCHEMA} AND ${notOfExtension("pg_operator", "o.oid")}`,
  );
  return rows.map((row) => ({
    kind: "operator",
    address: addressOf("pg_operator", integer(row, "oid")),
    schema: text(row, "schema"),
    name: text(row, "name"),
    tableOid: 0,
    sql: text(row, "sql"),
  }));
};

const named = (oid: string): string =>
  `SELECT format('OPERATOR(%I.%s)', rn.nspname, r.oprname) FROM pg_operator r
   JOIN pg_namespace rn ON rn.oid = r.oprnamespace WHERE r.oid = ${oid}`;

/** Casts. They have no schema; pg_depend places them after their types and function. */
export const readCasts = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT k.oid, format('(%s AS %s)', format_type(k.castsource, NULL), format_type(k.casttarget, NULL)) AS name,
       CASE k.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || k.castfunc::regprocedure::text
         WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END ||
       CASE k.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END AS how
     FROM pg_cast k WHERE k.oid >= $1 AND ${notOfExtension("pg_cast", "k.oid")}
       -- A range type makes the cast to its multirange itself.
       AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_cast'::regclass AND i.objid = k.oid AND i.deptype = 'i')`,
    [USER_OID_MIN],
  );
  return rows.map((row) => ({
    kind: "cast",
    address: addressOf("pg_cast", integer(row, "oid")),
    schema: "",
    name: text(row, "name"),
    tableOid: 0,
    sql: `CREATE CAST ${text(row, "name")} ${text(row, "how")}`,
  }));
};
