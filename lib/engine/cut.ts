import { KIB, MIB } from "../model/units.ts";

/** Plaintext bytes of a chunk. Only a row longer than the maximum makes a longer chunk. */
export interface CutRule {
  readonly chunkBytesMin: number;
  readonly chunkBytesTarget: number;
  readonly chunkBytesMax: number;
}

/** 1 MiB is where zstd gains little more and one changed row still costs little (measured: docs/architecture.md). */
export const BASE_CUT: CutRule = { chunkBytesMin: 256 * KIB, chunkBytesTarget: MIB, chunkBytesMax: 4 * MIB };

/** Reading a point holds one chunk of every delta layer at once, so theirs are small. */
export const DELTA_CUT: CutRule = { chunkBytesMin: 64 * KIB, chunkBytesTarget: 256 * KIB, chunkBytesMax: MIB };

/**
 * How many low bits of a row's hash must be zero for the row to start a chunk, so that chunks meet their target.
 * It is part of a table's record in the vault: the same bits give the same cuts in every later base.
 */
export const cutBits = (rule: CutRule, rowBytesMean: number): number =>
  Math.max(0, Math.round(Math.log2((rule.chunkBytesTarget - rule.chunkBytesMin) / Math.max(1, rowBytesMean))));

/**
 * Whether a row starts a new chunk. Its key decides, not its position: whatever is inserted elsewhere, the same rows
 * come to lie in the same chunks again after a few.
 *
 * @param chunkBytes  plaintext in the chunk so far
 * @param hashLow  low 32 bits of the row's hash
 */
export const startsChunk = (
  rule: CutRule,
  bits: number,
  chunkBytes: number,
  rowBytes: number,
  hashLow: number,
): boolean => {
  if (chunkBytes === 0) return false;
  if (chunkBytes + rowBytes > rule.chunkBytesMax) return true;
  return chunkBytes >= rule.chunkBytesMin && (hashLow & ((1 << bits) - 1)) === 0;
};

/** Bits for a table's delta chunks, whose target is a quarter of a base chunk's. */
export const deltaCutBits = (baseBits: number): number => Math.max(0, baseBits - 2);
