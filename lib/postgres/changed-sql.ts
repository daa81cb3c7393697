const XIDS = 1n << 32n;
const FIRST_NORMAL_XID = 3n; // 0 is none, 1 is initdb's, 2 is what versions before 9.4 wrote for frozen.

/**
 * Whether a row's xmin is one of the transaction ids from `since` up to (not with) `until`: both 64 bits, while the row
 * keeps the lower 32. A row of four billion transactions ago may look the same; catching it too does no harm.
 *
 * xidsend, because it may run in parallel workers and costs next to nothing (3 million rows, two workers, PostgreSQL 18:
 * count alone 159 ms, with xidsend 148 ms, with `xmin::text::bigint` 307 ms). `age(xmin)` is parallel restricted on 15
 * to 18, which keeps the whole scan in one process: 222 ms. bytea compares as unsigned bytes, so it orders ids of 32 bits.
 * @param until  the snapshot's xmax: no row that it shows has an id from there on
 */
export function changedSql(since: string, until: string): string {
  const [from, to] = [BigInt(since), BigInt(until)];
  if (to <= from) return "false";
  if (to - from >= XIDS - FIRST_NORMAL_XID) return "true";
  const [low, high] = [from % XIDS, to % XIDS];
  const atOrAfterLow = `xidsend(xmin) >= ${xidBytes(low)}`;
  const beforeHigh = `xidsend(xmin) < ${xidBytes(high)}`;
  if (low < high) return `(${low < FIRST_NORMAL_XID ? isNormal() : atOrAfterLow} AND ${beforeHigh})`;
  return `(${atOrAfterLow} OR (${isNormal()} AND ${beforeHigh}))`;
}

const isNormal = (): string => `xidsend(xmin) >= ${xidBytes(FIRST_NORMAL_XID)}`;

const xidBytes = (xid: bigint): string => `'\\x${xid.toString(16).padStart(8, "0")}'::bytea`;
