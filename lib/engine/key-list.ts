import { Failure } from "../model/errors.ts";
import { freeBytes } from "../model/free-bytes.ts";

/** Unsigned byte order, shorter first: the order of keys everywhere in a vault. */
export const compareKeys = (
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number => {
  const aLength = aEnd - aStart;
  const bLength = bEnd - bStart;
  const shared = aLength < bLength ? aLength : bLength;
  for (let i = 0; i < shared; i++) {
    const difference = (a[aStart + i] as number) - (b[bStart + i] as number);
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
};

/** Sorted keys in one buffer: no object per key. */
export class KeyList {
  bytes: Buffer;
  count = 0;
  #ends: Uint32Array;

  constructor(keysExpected = 1024, bytesExpected = 16 * keysExpected) {
    this.bytes = Buffer.alloc(bytesExpected);
    this.#ends = new Uint32Array(keysExpected);
  }

  get byteLength(): number {
    return this.end(this.count - 1);
  }

  start(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] as number);
  }

  end(index: number): number {
    return index < 0 ? 0 : (this.#ends[index] as number);
  }

  key(index: number): Buffer {
    return this.bytes.subarray(this.start(index), this.end(index));
  }

  push(source: Buffer, start: number, end: number): void {
    const at = this.byteLength;
    const next = at + end - start;
    if (next > this.bytes.length) this.bytes = Buffer.concat([this.bytes], Math.max(next, 2 * this.bytes.length));
    if (this.count === this.#ends.length) {
      const larger = new Uint32Array(Math.max(16, 2 * this.count));
      larger.set(this.#ends);
      this.#ends = larger;
    }
    for (let i = start, out = at; i < end; i++) this.bytes[out++] = source[i] as number;
    this.#ends[this.count++] = next;
  }

  clear(): void {
    this.count = 0;
  }

  /** Frees the memory at once (free-bytes.ts). The list and every key that was taken from it are then of no more use. */
  free(): void {
    this.count = 0;
    freeBytes(this.bytes);
    freeBytes(this.#ends);
  }

  /** Front coding: for each key the length it shares with the one before, the length of the rest, the rest. Varints are LEB128. */
  encode(): Buffer {
    const out = Buffer.alloc(this.byteLength + 10 * this.count);
    let at = 0;
    for (let i = 0; i < this.count; i++) {
      const start = this.start(i);
      const end = this.end(i);
      let shared = 0;
      if (i > 0) {
        const before = this.start(i - 1);
        const sharedMax = Math.min(end - start, start - before);
        while (shared < sharedMax && this.bytes[before + shared] === this.bytes[start + shared]) shared++;
      }
      at = writeVarint(out, at, shared);
      at = writeVarint(out, at, end - start - shared);
      for (let j = start + shared; j < end; j++) out[at++] = this.bytes[j] as number;
    }
    return out.subarray(0, at);
  }

  /**
   * @param window  keys to be held of it; all if not given
   * @throws OBJECT_CORRUPT  the bytes are not the given number of keys in strictly rising order
   */
  static decode(encoded: Buffer, count: number, window: KeyWindow = EVERY_KEY): KeyList {
    const { to, bytes, longestBefore } = measure(encoded, count, window);
    const list = new KeyList(Math.max(0, to - window.from), bytes);
    const keys = list.bytes;
    // A key before the window takes the place of the one before it, where what they share is already.
    let previous: Buffer = Buffer.alloc(longestBefore);
    let start = 0;
    let end = 0;
    let at = 0;
    for (let i = 0; i < to; i++) {
      const [shared, afterShared] = readVarint(encoded, at);
      const [rest, restAt] = readVarint(encoded, afterShared);
      at = restAt + rest;
      // Strictly rising: the first byte after what is shared must be larger than the one it replaces.
      const rises =
        rest > 0 && (shared === end - start || (encoded[restAt] as number) > (previous[start + shared] as number));
      if (i > 0 && !rises) throw notAList();
      const isHeld = i >= window.from;
      const from = isHeld ? list.byteLength : 0;
      if (isHeld) {
        for (let j = 0; j < shared; j++) keys[from + j] = previous[start + j] as number;
        previous = keys;
      }
      start = from;
      end = from + shared;
      for (let j = restAt; j < at; j++) previous[end++] = encoded[j] as number;
      if (isHeld) list.#ends[list.count++] = end;
    }
    return list;
  }
}

/** Some keys of a list: from one on as many as so many bytes hold, and one at least. */
export interface KeyWindow {
  readonly from: number;
  readonly bytesMax: number;
}

const EVERY_KEY: KeyWindow = { from: 0, bytesMax: Number.POSITIVE_INFINITY };

/** What a list holds besides a key's bytes: where they end. */
export const KEY_BYTES_BESIDE = 4;

/** Where a window ends and how many bytes its keys have: a list takes no more than it needs. */
const measure = (
  encoded: Buffer,
  count: number,
  { from, bytesMax }: KeyWindow,
): { readonly to: number; readonly bytes: number; readonly longestBefore: number } => {
  let to = from;
  let bytes = 0;
  let longestBefore = 0;
  let length = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const [shared, afterShared] = readVarint(encoded, at);
    const [rest, restAt] = readVarint(encoded, afterShared);
    at = restAt + rest;
    if (shared > length || at > encoded.length) throw notAList();
    length = shared + rest;
    if (i < from) longestBefore = Math.max(longestBefore, length);
    else if (i === to && (i === from || bytes + length + KEY_BYTES_BESIDE * (i + 1 - from) <= bytesMax)) {
      bytes += length;
      to++;
    }
  }
  if (at !== encoded.length) throw notAList();
  return { to: Math.min(to, count), bytes, longestBefore };
};

const notAList = (): Failure => new Failure("OBJECT_CORRUPT", "a key list is not in rising order or cut short");

const writeVarint = (out: Buffer, at: number, value: number): number => {
  let rest = value;
  while (rest > 0x7f) {
    out[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[at++] = rest;
  return at;
};

const readVarint = (bytes: Buffer, at: number): [value: number, next: number] => {
  let value = 0;
  for (let shift = 0; shift < 32; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined) throw notAList();
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
  throw notAList();
};
