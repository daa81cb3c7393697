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

  /** @throws OBJECT_CORRUPT  the bytes are not the given number of keys in strictly rising order */
  static decode(encoded: Buffer, count: number): KeyList {
    const list = new KeyList(count, decodedBytes(encoded, count));
    const keys = list.bytes;
    let start = 0;
    let end = 0;
    let at = 0;
    for (let i = 0; i < count; i++) {
      const [shared, afterShared] = readVarint(encoded, at);
      const [rest, restAt] = readVarint(encoded, afterShared);
      at = restAt + rest;
      const length = end - start;
      // Strictly rising: the first byte after what is shared must be larger than the one it replaces.
      if (i > 0 && (rest === 0 || (shared < length && (encoded[restAt] as number) <= (keys[start + shared] as number))))
        throw notAList();
      for (let j = 0; j < shared; j++) keys[end + j] = keys[start + j] as number;
      start = end;
      end += shared;
      for (let j = restAt; j < at; j++) keys[end++] = encoded[j] as number;
      list.#ends[list.count++] = end;
    }
    if (at !== encoded.length) throw notAList();
    return list;
  }
}

/** Bytes of all keys together: a list takes no more than it needs. */
const decodedBytes = (encoded: Buffer, count: number): number => {
  let bytes = 0;
  let length = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const [shared, afterShared] = readVarint(encoded, at);
    const [rest, restAt] = readVarint(encoded, afterShared);
    at = restAt + rest;
    if (shared > length || at > encoded.length) throw notAList();
    length = shared + rest;
    bytes += length;
  }
  return bytes;
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
