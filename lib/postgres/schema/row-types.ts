import { createHash } from "node:crypto";
import { byOid, type CatalogRow, integer, json, type Query } from "./catalog.ts";

/** Types inside types: an array of a domain over a composite of ranges is five deep. Composites cannot hold themselves. */
const TYPE_DEPTH_MAX = 64;

/**
 * A fingerprint of what the stored bytes of each table's rows mean: SHA-256, hex. It changes when an unchanged row could
 * read differently, although no row has a newer xmin: a column added with a default or dropped, another type, a renamed
 * label of an enum, an extension updated. It says nothing of constraints, indexes or rights. Equal definitions give equal
 * fingerprints in any database, because they are made of names, not oids.
 * @param tableOids  the tables to describe; all of them are in the result, one that does not exist too
 */
export const rowTypes = async (query: Query, tableOids: readonly number[]): Promise<ReadonlyMap<number, string>> => {
  const [columns, keys] = [
    byOid(await query(COLUMNS, [oidList(tableOids)]), "relation"),
    byOid(await query(KEYS, [oidList(tableOids)]), "relation"),
  ];
  const types = await describeTypes(query, [...columns.values()].flat());
  return new Map(
    tableOids.map((oid) => {
      const ofColumns = columns.get(oid) ?? [];
      const facts = [
        ofColumns.map((row) => json(row, "facts")),
        (keys.get(oid) ?? []).map((row) => json(row, "facts")),
        // Sorted by name, so that the order of oids does not matter.
        [
          ...closure(
            types,
            ofColumns.map((row) => integer(row, "type")),
          ),
        ].toSorted(),
      ];
      return [oid, createHash("sha256").update(JSON.stringify(facts)).digest("hex")];
    }),
  );
};

const oidList = (oids: readonly number[]): string => `{${oids.join(",")}}`;

// Dropped columns are part of a row's bytes: that they are there, and where, is said; their type is gone.
const COLUMNS = `SELECT a.attrelid AS relation, a.atttypid AS type,
    json_build_array(a.attnum, CASE WHEN a.attisdropped THEN '' ELSE a.attname END, a.attisdropped,
      CASE WHEN a.attisdropped THEN '' ELSE format_type(a.atttypid, a.atttypmod) END, a.atttypmod, a.attidentity, a.attgenerated) AS facts
  FROM pg_attribute a WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 ORDER BY a.attrelid, a.attnum`;

const KEYS = `SELECT k.conrelid AS relation, json_build_array(u.at, u.attnum, cn.nspname, co.collname, co.collprovider, co.collisdeterministic) AS facts
  FROM pg_constraint k JOIN pg_index i ON i.indexrelid = k.conindid
    CROSS JOIN LATERAL unnest(k.conkey, i.indcollation::oid[]) WITH ORDINALITY AS u(attnum, sorted_by, at)
    LEFT JOIN pg_collation co ON co.oid = u.sorted_by LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
  WHERE k.conrelid = ANY ($1::oid[]) AND k.contype = 'p' AND u.attnum IS NOT NULL ORDER BY k.conrelid, u.at`;

// Of one type: itself in names, and the oids of the types its bytes are made of. Built-in types never change.
const TYPES = `SELECT t.oid, json_build_array(n.nspname, t.typname, t.typtype, t.typlen, t.typcategory, format_type(nullif(t.typbasetype, 0), t.typtypmod), x.extname, x.extversion,
      (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
      (SELECT json_agg(json_build_array(a.attnum, a.attname, a.attisdropped, format_type(nullif(a.atttypid, 0), a.atttypmod)) ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0),
      (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE t.oid IN (r.rngtypid, r.rngmultitypid))) AS facts,
    (SELECT json_agg(m.oid::text) FROM (
      SELECT t.typbasetype AS oid UNION SELECT t.typelem
      UNION SELECT a.atttypid FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0
      UNION SELECT r.rngsubtype FROM pg_range r WHERE t.oid IN (r.rngtypid, r.rngmultitypid)) m WHERE m.oid >= 16384) AS made_of
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e' LEFT JOIN pg_extension x ON x.oid = d.refobjid
  WHERE t.oid = ANY ($1::oid[]) AND t.oid >= 16384`;

/** All users' types that the columns are made of, by oid. */
const describeTypes = async (
  query: Query,
  columns: readonly CatalogRow[],
): Promise<ReadonlyMap<number, CatalogRow>> => {
  const types = new Map<number, CatalogRow>();
  let wanted = new Set(columns.map((row) => integer(row, "type")));
  for (let depth = 0; wanted.size > 0; depth++) {
    if (depth === TYPE_DEPTH_MAX) throw new TypeError(`types are nested more than ${TYPE_DEPTH_MAX} deep`);
    const found = await query(TYPES, [oidList([...wanted])]);
    for (const row of found) types.set(integer(row, "oid"), row);
    wanted = new Set(found.flatMap((row) => json<string>(row, "made_of").map(Number)).filter((oid) => !types.has(oid)));
  }
  return types;
};

const closure = (types: ReadonlyMap<number, CatalogRow>, start: readonly number[]): ReadonlySet<string> => {
  const reached = new Set(start);
  const facts = new Set<string>();
  for (const oid of reached) {
    const type = types.get(oid);
    if (type === undefined) continue;
    facts.add(JSON.stringify(json(type, "facts")));
    for (const part of json<string>(type, "made_of")) reached.add(Number(part));
  }
  return facts;
};
