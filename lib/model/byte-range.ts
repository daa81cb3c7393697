export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** The part of a range that lies within an object: `start` inclusive, `end` exclusive, both within `bytes`. */
export function clipRange(range: ByteRange | undefined, bytes: number): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: bytes };
  const start = Math.min(range.offset, bytes);
  return { start, end: Math.min(start + range.length, bytes) };
}

/** Throws TypeError for a range that no object can have. */
export function checkRange(range: ByteRange | undefined): void {
  if (range === undefined) return;
  for (const bound of [range.offset, range.length]) {
    if (!Number.isSafeInteger(bound) || bound < 0) {
      throw new TypeError(
        `offset and length of a range are whole numbers from 0, got ${range.offset}, ${range.length}`,
      );
    }
  }
}
