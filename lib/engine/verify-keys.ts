import type { Layer, PartTable, RangeRecord } from "../model/point.ts";
import type { TableFacts } from "../model/table.ts";
import { HeldKeys } from "./find-gone.ts";
import { KeyReader } from "./key.ts";
import { compareKeys } from "./key-list.ts";
import type { LayerSource } from "./layers.ts";
import type { PageWork } from "./verify-pages.ts";

/** Sums of 32-bit halves stay exact in a double for this many keys. */
const KEYS_EXACT_MAX = 2 ** 20;

/**
 * Counts and hashes the keys that layers hold as live, range by range: what a server would answer for the table as the
 * layers show it. Reads pages, no chunks.
 *
 * @param starts  of every range, the first one empty
 */
export const digestKeys = async (
  source: LayerSource,
  layers: readonly Layer[],
  facts: TableFacts,
  options: { readonly hashSeed: string; readonly starts: readonly string[]; readonly signal?: AbortSignal | undefined },
): Promise<readonly RangeRecord[]> => {
  const reader = new KeyReader(facts.key ?? [], facts.format, options.hashSeed);
  const starts = options.starts.map((start) => Buffer.from(start, "hex"));
  const sums = starts.map(() => ({ rows: 0, sum: 0n }));
  const held = new HeldKeys(source, { layers }, {});
  let range = 0;
  let high = 0;
  let low = 0;
  let keys = 0;
  const flush = (): void => {
    const total = sums[range] as (typeof sums)[number];
    total.rows += keys;
    total.sum += BigInt(high) * 2n ** 32n + BigInt(low);
    high = 0;
    low = 0;
    keys = 0;
  };
  await held.advance();
  while (held.active) {
    held.readInto(reader);
    for (let next = starts[range + 1]; next !== undefined; next = starts[range + 1]) {
      if (compareKeys(reader.bytes, 0, reader.length, next, 0, next.length) < 0) break;
      flush();
      range++;
    }
    high += reader.hash.hi;
    low += reader.hash.lo;
    if (++keys === KEYS_EXACT_MAX) {
      flush();
      options.signal?.throwIfAborted();
    }
    const more = held.advance();
    if (more !== undefined) await more;
  }
  if (starts.length > 0) flush();
  return sums.map(({ rows, sum }, i) => ({
    start: options.starts[i] as string,
    rows,
    sum: String(BigInt.asUintN(64, sum)),
  }));
};

/** The layers, merged, hold the keys that the database counted and hashed for the point. */
export const checkKeys = async (
  work: Pick<PageWork, "source" | "hashSeed" | "problems" | "where" | "signal">,
  table: PartTable,
): Promise<void> => {
  const { problems, where } = work;
  const rows = table.layers.reduce((total, layer) => total + layer.rows, 0);
  if (table.facts.key === undefined) {
    if (table.layers.length !== 1 || rows !== table.rows)
      problems.add("DIGEST_MISMATCH", `the table has ${rows} rows, expected ${table.rows}`, where);
    return;
  }
  const live = await digestKeys(work.source, table.layers, table.facts, {
    hashSeed: work.hashSeed,
    starts: table.ranges.map((range) => range.start),
    signal: work.signal,
  });
  const at = firstDifference(table.ranges, live);
  const total = live.reduce((sum, range) => sum + range.rows, 0);
  if (at !== undefined || total !== table.rows)
    problems.add(
      "DIGEST_MISMATCH",
      `the layers hold ${total} rows, the point ${table.rows}; they differ first in range ${at ?? 0} of ${live.length}`,
      where,
    );
};

/** Index of the first range that differs, or undefined. */
export const firstDifference = (a: readonly RangeRecord[], b: readonly RangeRecord[]): number | undefined => {
  const at = a.findIndex(
    (range, i) => range.rows !== b[i]?.rows || range.sum !== b[i]?.sum || range.start !== b[i]?.start,
  );
  if (at >= 0) return at;
  return a.length === b.length ? undefined : Math.min(a.length, b.length);
};
