import { type Catalog, flag, text, USER_OID_MIN } from "./catalog.ts";
import type { Address } from "./schema-object.ts";

/** One row of pg_depend between entries that users made. */
export interface Dependency {
  readonly from: Address;
  readonly to: Address;
  /** `from` is a part of `to`: it lives and dies with it (deptype a, i or e). */
  readonly part: boolean;
}

/**
 * What depends on what. Left out: a sequence's ownership by a column (the column's default needs the sequence, and
 * OWNED BY is a later statement), an entry's dependency on itself, members of publications, and what a partition has from
 * its parent: clones of triggers and foreign keys come with the parent's, and the rest says itself what it needs.
 *
 * What an entry is a part of comes closest first: the trigger that holds up an exclusion is internal to the constraint,
 * and only then one of the table's.
 */
export const readDependencies = async ({ query }: Catalog): Promise<readonly Dependency[]> => {
  const rows = await query(
    `SELECT d.classid::regclass::text || '/' || d.objid AS from, d.refclassid::regclass::text || '/' || d.refobjid AS to,
       d.deptype IN ('a', 'i', 'e') AS part
     FROM pg_depend d
     WHERE d.objid >= $1 AND (d.refobjid >= $1 OR d.refclassid = 'pg_namespace'::regclass)
       AND (d.classid, d.objid) <> (d.refclassid, d.refobjid) AND d.deptype NOT IN ('x', 'P', 'S')
       AND d.classid NOT IN ('pg_publication_rel'::regclass, 'pg_publication_namespace'::regclass)
       AND NOT (d.classid IN ('pg_constraint'::regclass, 'pg_trigger'::regclass) AND EXISTS (
         SELECT FROM pg_depend p WHERE p.classid = d.classid AND p.objid = d.objid AND p.deptype = 'P'))
       AND NOT (d.deptype = 'a' AND d.classid = 'pg_class'::regclass
         AND EXISTS (SELECT FROM pg_class c WHERE c.oid = d.objid AND c.relkind = 'S'))
     GROUP BY 1, 2, 3 ORDER BY 1, 3, min(array_position('{i,e,a}', d.deptype::text)), 2`,
    [USER_OID_MIN],
  );
  return rows.map((row) => ({ from: text(row, "from"), to: text(row, "to"), part: flag(row, "part") }));
};
