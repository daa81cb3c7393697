import { type Catalog, integer, notOfExtension, text, USER_SCHEMA } from "./catalog.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/** Aggregates: plain, ordered-set and hypothetical-set, with every support function they name. */
export const readAggregates = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT p.oid, n.nspname AS schema, p.oid::regprocedure::text AS name,
       format('CREATE AGGREGATE %I.%I(%s) (%s)', n.nspname, p.proname,
         CASE WHEN p.pronargs = 0 THEN '*' ELSE pg_get_function_arguments(p.oid) END, concat_ws(', ',
         'SFUNC = ' || g.aggtransfn::regproc::text,
         'STYPE = ' || format_type(g.aggtranstype, NULL),
         'SSPACE = ' || nullif(g.aggtransspace, 0),
         'INITCOND = ' || quote_literal(g.agginitval),
         ${OPTIONAL_FUNCTIONS.map(([option, column]) => `CASE WHEN g.${column} <> 0 THEN '${option} = ' || g.${column}::regproc::text END`).join(",\n         ")},
         CASE WHEN g.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
         CASE WHEN g.aggfinalmodify <> CASE g.aggkind WHEN 'n' THEN 'r' ELSE 'w' END::"char"
           THEN 'FINALFUNC_MODIFY = ' || ${modify("g.aggfinalmodify")} END,
         CASE WHEN g.aggmtranstype <> 0 THEN 'MSTYPE = ' || format_type(g.aggmtranstype, NULL) END,
         'MSSPACE = ' || nullif(g.aggmtransspace, 0),
         'MINITCOND = ' || quote_literal(g.aggminitval),
         CASE WHEN g.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
         CASE WHEN g.aggmtransfn <> 0 AND g.aggmfinalmodify <> CASE g.aggkind WHEN 'n' THEN 'r' ELSE 'w' END::"char"
           THEN 'MFINALFUNC_MODIFY = ' || ${modify("g.aggmfinalmodify")} END,
         (SELECT format('SORTOP = OPERATOR(%I.%s)', sn.nspname, so.oprname) FROM pg_operator so
           JOIN pg_namespace sn ON sn.oid = so.oprnamespace WHERE so.oid = g.aggsortop),
         CASE WHEN g.aggkind = 'h' THEN 'HYPOTHETICAL' END,
         CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END)) AS sql
     FROM pg_aggregate g JOIN pg_proc p ON p.oid = g.aggfnoid JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE ${USER_SCHEMA} AND ${notOfExtension("pg_proc", "p.oid")}`,
  );
  return rows.map((row) => ({
    kind: "aggregate",
    address: addressOf("pg_proc", integer(row, "oid")),
    schema: text(row, "schema"),
    name: text(row, "name"),
    tableOid: 0,
    sql: text(row, "sql"),
  }));
};

const OPTIONAL_FUNCTIONS = [
  ["FINALFUNC", "aggfinalfn"],
  ["COMBINEFUNC", "aggcombinefn"],
  ["SERIALFUNC", "aggserialfn"],
  ["DESERIALFUNC", "aggdeserialfn"],
  ["MSFUNC", "aggmtransfn"],
  ["MINVFUNC", "aggminvtransfn"],
  ["MFINALFUNC", "aggmfinalfn"],
] as const;

const modify = (column: string): string =>
  `CASE ${column} WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END`;
