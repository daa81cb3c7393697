import { query } from "../../postgres.ts";

// Whole catalogs with every oid turned into a name, read by queries that share nothing with the capture. What the capture
// does not look at is different here if it was not rebuilt: that is what comparing capture with capture cannot see.
const FACTS: Readonly<Record<string, string>> = {
  dependencies: `SELECT DISTINCT regexp_replace(pg_describe_object(classid, objid, objsubid), '(ConstraintTrigger[a-z_]*)_[0-9]+', '\\1') AS a, pg_describe_object(refclassid, refobjid, refobjsubid) AS b, deptype
    FROM pg_depend WHERE objid >= 16384 AND deptype <> 'e' AND pg_describe_object(classid, objid, objsubid) !~ 'pg_toast'`,
  relations: `SELECT oid::regclass::text AS name, relkind, relpersistence, relispartition, relreplident, relrowsecurity, relforcerowsecurity,
      relhasindex, relhasrules, relhastriggers, relhassubclass, relispopulated, relchecks, reloptions, reloftype::regtype::text AS of_type,
      pg_get_expr(relpartbound, oid) AS bound, (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(relacl) x) AS acl, (SELECT amname FROM pg_am WHERE pg_am.oid = relam) AS am,
      (SELECT t.reloptions FROM pg_class t WHERE t.oid = c.reltoastrelid) AS toast
    FROM pg_class c WHERE oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace`,
  columns: `SELECT attrelid::regclass::text AS relation, attname, format_type(atttypid, atttypmod) AS type, attcollation::regcollation::text AS collation, attnotnull,
      attislocal, attinhcount, attidentity, attgenerated, attstorage, attcompression, attstattarget, attoptions, (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(attacl) x) AS acl, atthasdef
    FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped AND relnamespace <> 'pg_toast'::regnamespace`,
  order: `SELECT attrelid::regclass::text AS relation, array_agg(attname ORDER BY attnum) AS columns
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped AND relnamespace <> 'pg_toast'::regnamespace GROUP BY 1`,
  constraints: `SELECT conrelid::regclass::text AS relation, contypid::regtype::text AS type, conname, contype, condeferrable, condeferred, convalidated, conislocal,
      coninhcount, contype IN ('c', 'n') AND connoinherit AS no_inherit, conindid::regclass::text AS index, (SELECT conname FROM pg_constraint p WHERE p.oid = c.conparentid) AS parent,
      confrelid::regclass::text AS target, pg_get_constraintdef(oid) AS definition FROM pg_constraint c WHERE oid >= 16384`,
  indexes: `SELECT indexrelid::regclass::text AS index, indisvalid, indisready, indislive, indisunique, indisprimary, indisexclusion, indimmediate, indisclustered,
      indisreplident, indnullsnotdistinct, pg_get_indexdef(indexrelid) AS definition FROM pg_index WHERE indrelid >= 16384 AND indrelid::regclass::text !~ '^pg_toast'`,
  inheritance:
    "SELECT inhrelid::regclass::text AS child, inhparent::regclass::text AS parent, inhseqno FROM pg_inherits",
  triggers: `SELECT tgrelid::regclass::text AS relation, CASE WHEN tgisinternal THEN '' ELSE tgname END AS name, tgenabled, tgisinternal, tgfoid::regprocedure::text AS function,
      tgparentid <> 0 AS clone, CASE WHEN NOT tgisinternal THEN pg_get_triggerdef(oid) END AS definition FROM pg_trigger`,
  rules:
    "SELECT ev_class::regclass::text AS relation, rulename, ev_enabled, pg_get_ruledef(oid) AS definition FROM pg_rewrite WHERE oid >= 16384",
  routines: `SELECT oid::regprocedure::text AS name, prokind, prosrc, proargnames, provolatile, proparallel, prosecdef, proleakproof, proisstrict, proconfig, procost, prorows,
      pg_get_function_result(oid) AS result, pg_get_function_arguments(oid) AS arguments, prosqlbody IS NOT NULL AS atomic, (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(proacl) x) AS acl FROM pg_proc WHERE oid >= 16384`,
  aggregates:
    "SELECT aggfnoid::text, aggkind, aggnumdirectargs, aggtransfn::text, aggfinalfn::text, aggcombinefn::text, aggfinalextra, aggfinalmodify, aggsortop::regoperator::text, aggtranstype::regtype::text, aggtransspace, agginitval, aggmtransfn::text, aggmfinalmodify, aggminitval FROM pg_aggregate WHERE aggfnoid::oid >= 16384",
  operators:
    "SELECT oid::regoperator::text AS name, oprcode::text, oprcom::regoperator::text, oprnegate::regoperator::text, oprrest::text, oprjoin::text, oprcanhash, oprcanmerge FROM pg_operator WHERE oid >= 16384",
  types: `SELECT oid::regtype::text AS name, typtype, typcategory, typnotnull, typbasetype::regtype::text AS base, typtypmod, typdefault, typcollation::regcollation::text AS collation, (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(typacl) x) AS acl,
      (SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid) AS labels FROM pg_type t WHERE oid >= 16384 AND typnamespace <> 'pg_toast'::regnamespace`,
  sequences:
    "SELECT seqrelid::regclass::text AS name, seqtypid::regtype::text AS type, seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle FROM pg_sequence",
  policies:
    "SELECT polrelid::regclass::text AS relation, polname, polcmd, polpermissive, polroles::regrole[]::text, pg_get_expr(polqual, polrelid) AS using, pg_get_expr(polwithcheck, polrelid) AS checks FROM pg_policy",
  statistics:
    "SELECT stxrelid::regclass::text AS relation, stxname, stxstattarget, pg_get_statisticsobjdef(oid) AS definition FROM pg_statistic_ext",
  comments:
    "SELECT pg_describe_object(classoid, objoid, objsubid) AS object, description FROM pg_description WHERE objoid >= 16384 OR classoid = 'pg_namespace'::regclass",
  schemas:
    "SELECT nspname, (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(nspacl) x) AS acl FROM pg_namespace WHERE nspname !~ '^pg_'",
  extensions: "SELECT extname, extnamespace::regnamespace::text AS schema, extversion FROM pg_extension",
  publications:
    "SELECT pubname, puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot FROM pg_publication",
  published: "SELECT pubname, tablename, attnames, rowfilter FROM pg_publication_tables",
  defaults:
    "SELECT defaclrole::regrole::text AS role, coalesce(nullif(defaclnamespace, 0)::regnamespace::text, '') AS schema, defaclobjtype, (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(defaclacl) x) AS acl FROM pg_default_acl",
  events: "SELECT evtname, evtevent, evtenabled, evttags, evtfoid::regproc::text AS function FROM pg_event_trigger",
  casts:
    "SELECT castsource::regtype::text AS source, casttarget::regtype::text AS target, castcontext, castmethod, castfunc::regprocedure::text AS function FROM pg_cast WHERE oid >= 16384",
  search:
    "SELECT mapcfg::regconfig::text AS configuration, maptokentype, mapseqno, mapdict::regdictionary::text AS dictionary FROM pg_ts_config_map WHERE mapcfg >= 16384",
  collations:
    "SELECT collname, collprovider, collisdeterministic, collcollate, collctype FROM pg_collation WHERE oid >= 16384",
};

/** Every user object's catalog rows in terms of names, sorted. */
export async function catalogFacts(url: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const facts: Record<string, readonly string[]> = {};
  for (const [name, sql] of Object.entries(FACTS)) {
    facts[name] = (await query(url, sql)).map((row) => JSON.stringify(row)).toSorted();
  }
  return facts;
}
