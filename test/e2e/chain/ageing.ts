import type pg from "pg";
import type { SeenTable } from "./witness.ts";

/** What captures of a day make of the tables whose rows leave by their age. */
export interface Ageing {
  readonly isAged: (table: string) => boolean;
  readonly column: string;
  readonly timeZone: string;
  /** Business dates: the oldest that is captured, and the one that it is. */
  readonly first: string;
  readonly today: string;
}

/** What a slice is seen under: `aged_days 2026-03-28`, `aged_days no day`. */
export const sliceName = (table: string, day = "no day"): string => `${table} ${day}`;

interface SeenSlice extends Omit<SeenTable, "columns"> {
  readonly slice: string | null;
}

/**
 * Reads the slices of a table that have rows, and the one of no day yet also without: by the date that a clock on the wall of
 * the business shows, where captures compare with the instants at which its days begin.
 * @param rows  `SELECT ... FROM ...`
 * @param columns  names and types of the table's columns
 */
export const witnessSlices = async (
  client: pg.Client,
  { column, timeZone, first, today }: Ageing,
  { rows, columns }: { readonly rows: string; readonly columns: string },
): Promise<ReadonlyMap<string, Omit<SeenTable, "columns">>> => {
  const isInstant = columns.split(", ").includes(`${column} timestamptz`);
  const date = isInstant ? `(t.${column} AT TIME ZONE '${timeZone}')::date` : `t.${column}::date`;
  const { rows: found } = await client.query<SeenSlice>(
    `SELECT slice, count(t)::int AS rows, md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C"), '')) AS md5
     FROM (SELECT t, CASE WHEN ${date} > '${today}' OR t.${column} IS NULL THEN 'no day' ELSE ${date}::text END AS slice
           FROM (${rows}) t WHERE ${date} >= '${first}' OR t.${column} IS NULL) t (t, slice)
     FULL JOIN (VALUES ('no day')) always (slice) USING (slice) GROUP BY slice`,
  );
  return new Map(found.map(({ slice, ...seen }) => [slice ?? "", seen]));
};
