import type { KeyOrder } from "./table.ts";

const INTEGER_BYTES: Partial<Record<KeyOrder, number>> = { int2: 2, int4: 4, date: 4, int8: 8, timestamp: 8 };

/** Bytes of the binary field that a fixed-width order always has; undefined for the orders of any length. */
export const fixedFieldBytes = (order: KeyOrder): number | undefined => (order === "uuid" ? 16 : INTEGER_BYTES[order]);

/** The most bytes a field of the given length takes in a key: every byte escaped, and the terminator. */
export const keyFieldBytesMax = (fieldBytes: number): number => 2 * fieldBytes + 2;

/**
 * Appends one column's field to a key. Integers: sign bit flipped, so that unsigned bytes order them. Fixed width: as it
 * is. Any length: `00` becomes `00 FF` and `00 00` ends it, so that a shorter value sorts first and columns cannot run
 * into each other.
 *
 * @param field  binary COPY field (orders `text` and `output`: UTF-8 text), from `start` to `end`
 * @returns the position in `key` after what was written
 */
export const writeKeyField = (
  order: KeyOrder,
  field: Uint8Array,
  start: number,
  end: number,
  key: Uint8Array,
  at: number,
): number => {
  const fixed = fixedFieldBytes(order);
  let out = at;
  if (fixed !== undefined) {
    for (let i = start; i < end; i++) key[out++] = field[i] as number;
    if (order !== "uuid") key[at] = (key[at] as number) ^ 0x80;
    return out;
  }
  for (let i = start; i < end; i++) {
    const byte = field[i] as number;
    key[out++] = byte;
    if (byte === 0) key[out++] = 0xff;
  }
  key[out++] = 0;
  key[out++] = 0;
  return out;
};

/** The inverse of writeKeyField: the field that starts at `at`, and the position after it. */
export const readKeyField = (order: KeyOrder, key: Uint8Array, at: number): { field: Buffer; next: number } => {
  const fixed = fixedFieldBytes(order);
  if (fixed !== undefined) {
    const field = Buffer.from(key.subarray(at, at + fixed));
    if (order !== "uuid") field[0] = (field[0] as number) ^ 0x80;
    return { field, next: at + fixed };
  }
  const bytes: number[] = [];
  let i = at;
  while (i + 1 < key.length && !(key[i] === 0 && key[i + 1] === 0)) {
    bytes.push(key[i] as number);
    i += key[i] === 0 ? 2 : 1;
  }
  return { field: Buffer.from(bytes), next: i + 2 };
};
