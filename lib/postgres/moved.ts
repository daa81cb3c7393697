import type { TableFacts } from "../model/table.ts";
import type { Session } from "./session.ts";

/**
 * pg_class, as the snapshot shows it, against what the server's caches say now: a new file (TRUNCATE or a rewrite), no
 * file any more (dropped), or another name of the table or of one of its columns. We read by name, so a table that was
 * swapped for another by renaming both would otherwise be read in its place, without an error.
 */
const MOVED = `
  SELECT wanted.oid FROM unnest($1::oid[]) AS wanted (oid)
  WHERE NOT EXISTS (
    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = wanted.oid AND c.relfilenode = pg_relation_filenode(c.oid)
      AND (pg_identify_object('pg_class'::regclass, c.oid, 0)).identity = format('%I.%I', n.nspname, c.relname)
      AND NOT EXISTS (
        SELECT FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND (pg_identify_object('pg_class'::regclass, c.oid, a.attnum)).identity
            IS DISTINCT FROM format('%I.%I.%I', n.nspname, c.relname, a.attname)))`;

/** Of the given tables, those that no longer are what the session's snapshot shows. */
export async function movedTables(session: Session, tables: readonly TableFacts[]): Promise<readonly TableFacts[]> {
  const oids = tables.map((table) => table.oid);
  const rows = await session.query<{ oid: number }>(MOVED, [oids], "checking tables for rewrites");
  const moved = new Set(rows.map((row) => row.oid));
  return tables.filter((table) => moved.has(table.oid));
}
