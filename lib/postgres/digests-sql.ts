import type { RangeDigest } from "../ports/source-database.ts";

const SUM_BITS = 64;

/** One row of the answer to digestsSql. Counts and sums are decimals: a sum of 64-bit hashes needs more bits. */
export interface DigestRow {
  readonly range: number;
  readonly changed: boolean;
  readonly rows: string;
  readonly sum: string;
}

export interface DigestsSqlOptions {
  /** `ONLY schema.table`, with a condition where not all of its rows count. */
  readonly from: string;
  /** Hash of a row's key, an int8. */
  readonly hash: string;
  /** Whether a row has changed. */
  readonly changed: string;
  /** The first key column in its order, or what else tells rows apart. NULL is in the last range: no comparison with it is true. */
  readonly first: string;
  /** What `first` is compared with: starts of ranges 1, 2, ..., ascending. */
  readonly starts: readonly string[];
}

/**
 * Count and sum of the hashes of each range, changed rows apart, in one scan.
 *
 * The ranges are a tree of comparisons rather than width_bucket: that walks an array of text from its start for every
 * row (1000 ranges, 3 million rows: 4.5 s, the tree 3.5 s together with xmin), and the tree takes any type.
 *
 * The arm of the UNION that never has a row keeps the planner from guessing the number of groups from the key's own
 * statistics. It would expect as many groups as rows, and sort them all instead of hashing a few in each worker. A single
 * range needs neither: grouping by the change alone takes a quarter less time.
 */
export function digestsSql({ from, hash, changed, first, starts }: DigestsSqlOptions): string {
  const sums = "changed, count(*)::text AS rows, sum(hash)::text AS sum";
  const row = `${changed} AS changed, ${hash} AS hash FROM ${from}`;
  if (starts.length === 0) return `SELECT 0 AS range, ${sums} FROM (SELECT ${row}) AS keys GROUP BY changed`;
  const each = `SELECT ${rangeTree(first, starts, 0, starts.length)} AS range, ${row}`;
  const never = "SELECT 0, false, 0::int8 FROM pg_class WHERE oid = 0";
  return `SELECT range, ${sums} FROM (${each} UNION ALL ${never}) AS keys GROUP BY range, changed`;
}

/** The number of starts that are not above the column's value, which lies between `low` and `high`. */
function rangeTree(first: string, starts: readonly string[], low: number, high: number): string {
  if (low === high) return `${low}`;
  const middle = (low + high) >> 1;
  const below = rangeTree(first, starts, low, middle);
  const above = rangeTree(first, starts, middle + 1, high);
  return `CASE WHEN ${first} < ${starts[middle]} THEN ${below} ELSE ${above} END`;
}

/** Every range's digest; ranges that the answer does not name have no row. */
export function digestsOf(answer: readonly DigestRow[], ranges: number): RangeDigest[] {
  const digests = Array.from({ length: ranges }, () => ({ rows: 0, sum: 0n, changedRows: 0, changedSum: 0n }));
  for (const row of answer) {
    const digest = digests[row.range];
    if (digest === undefined) throw new TypeError(`the server named range ${row.range} of ${ranges}`);
    const sum = BigInt.asUintN(SUM_BITS, BigInt(row.sum));
    digest.rows += Number(row.rows);
    digest.sum = BigInt.asUintN(SUM_BITS, digest.sum + sum);
    if (!row.changed) continue;
    digest.changedRows = Number(row.rows);
    digest.changedSum = sum;
  }
  return digests;
}
