import { Failure } from "../../model/errors.ts";
import type { SequenceValue } from "../../model/schema.ts";
import { type Catalog, flag, integer, notOfExtension, text, textOrNone, USER_SCHEMA } from "./catalog.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/** The options of a sequence (alias s of pg_sequence), as CREATE SEQUENCE and an identity column both take them. */
export const SEQUENCE_OPTIONS = `format('START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s',
  s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END)`;

/** Sequences that stand on their own or belong to a serial column. Those of identity columns come with their table. */
export const readSequences = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT c.oid, n.nspname AS schema, format('%I.%I', n.nspname, c.relname) AS name,
       CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END AS unlogged,
       format_type(s.seqtypid, NULL) AS type, ${SEQUENCE_OPTIONS} AS options,
       coalesce(o.refobjid, 0) AS table_oid, quote_ident(tn.nspname) || '.' || quote_ident(t.relname) || '.' || quote_ident(a.attname) AS owner
     FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = c.oid
         AND o.refclassid = 'pg_class'::regclass AND o.deptype IN ('a', 'i')
       LEFT JOIN pg_class t ON t.oid = o.refobjid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
       LEFT JOIN pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
     WHERE ${USER_SCHEMA} AND ${notOfExtension("pg_class", "c.oid")} AND o.deptype IS DISTINCT FROM 'i'`,
  );
  return rows.flatMap((row) => {
    const sequence: SchemaObject = {
      kind: "sequence",
      address: addressOf("pg_class", integer(row, "oid")),
      schema: text(row, "schema"),
      name: text(row, "name"),
      tableOid: integer(row, "table_oid"),
      sql: `CREATE ${text(row, "unlogged")}SEQUENCE ${text(row, "name")} AS ${text(row, "type")} ${text(row, "options")}`,
    };
    if (sequence.tableOid === 0) return [sequence];
    const owned: SchemaObject = {
      kind: "sequence owned by",
      needs: [addressOf("pg_class", integer(row, "oid")), addressOf("pg_class", sequence.tableOid)],
      schema: sequence.schema,
      name: sequence.name,
      tableOid: sequence.tableOid,
      sql: `ALTER SEQUENCE ${sequence.name} OWNED BY ${textOrNone(row, "owner") ?? "NONE"}`,
    };
    return [sequence, owned];
  });
};

/** Sequences read in one statement: each is a branch of a UNION, and 200 keep its text and plan small. */
const SEQUENCES_PER_QUERY_MAX = 200;

/**
 * Where every sequence stands, those of identity columns too. Read from the sequences themselves: pg_sequences hides
 * the value of one that was set but not yet used. Sequences are not transactional, so a value may be later than the
 * snapshot's, never earlier; an unlogged one cannot be read on a standby and has no value there.
 * @throws DATABASE_FORBIDDEN  the role may not read a sequence
 */
export const readSequenceValues = async ({ query }: Catalog): Promise<readonly SequenceValue[]> => {
  const sequences = await query(
    `SELECT n.nspname AS schema, c.relname AS bare, format('%I.%I', n.nspname, c.relname) AS name,
       has_schema_privilege(n.oid, 'USAGE') AND has_sequence_privilege(c.oid, 'SELECT') AS readable
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'S' AND ${USER_SCHEMA} AND ${notOfExtension("pg_class", "c.oid")}
       AND NOT (pg_is_in_recovery() AND c.relpersistence = 'u')
     ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
  );
  const unreadable = sequences.filter((row) => !flag(row, "readable")).map((row) => text(row, "name"));
  if (unreadable.length > 0) {
    throw new Failure(
      "DATABASE_FORBIDDEN",
      `the role may not read ${unreadable.length} of ${sequences.length} sequences, the first is ${unreadable[0]}`,
    );
  }
  const values: SequenceValue[] = [];
  for (let at = 0; at < sequences.length; at += SEQUENCES_PER_QUERY_MAX) {
    const batch = sequences.slice(at, at + SEQUENCES_PER_QUERY_MAX);
    const rows = await query(
      `${batch.map((row, i) => `SELECT ${i} AS at, last_value::text AS last_value, is_called FROM ${text(row, "name")}`).join(" UNION ALL ")} ORDER BY 1`,
    );
    for (const [i, row] of batch.entries()) {
      const read = rows[i];
      if (read === undefined) throw new TypeError("a sequence gave no row");
      values.push({
        schema: text(row, "schema"),
        name: text(row, "bare"),
        lastValue: text(read, "last_value"),
        isCalled: flag(read, "is_called"),
      });
    }
  }
  return values;
};
