import type { Layer, RangeRecord } from "../model/point.ts";
import { HeldKeys } from "./find-gone.ts";
import type { LayerSource } from "./layers.ts";

/**
 * Whether a base has a row whose first key column is where a range starts. No encoding of a column begins another one, so
 * that key begins with the start.
 */
export const holdsStart = async (source: LayerSource, base: Layer, start: string): Promise<boolean> => {
  if (start === "" || base.pages.some((page) => page.first.startsWith(start))) return true;
  const held = new HeldKeys(source, { layers: [base] }, { from: start });
  await held.advance();
  return held.active && held.key.toString("hex").startsWith(start);
};

/** Ranges of which some became part of the one before: counts and sums (modulo 2^64) add up. The first one always stays. */
export const joinRanges = (
  ranges: readonly RangeRecord[],
  stays: (start: string) => boolean,
): readonly RangeRecord[] => {
  const joined: RangeRecord[] = [];
  for (const range of ranges) {
    const before = joined.at(-1);
    if (before === undefined || stays(range.start)) {
      joined.push(range);
      continue;
    }
    const sum = BigInt.asUintN(64, BigInt(before.sum) + BigInt(range.sum));
    joined[joined.length - 1] = { ...before, rows: before.rows + range.rows, sum: String(sum) };
  }
  return joined;
};
