import { Failure } from "../model/errors.ts";
import { fixedFieldBytes, keyFieldBytesMax, readKeyField, writeKeyField } from "../model/key.ts";
import type { KeyColumn, KeyOrder, RowFormat } from "../model/table.ts";
import { FRAME_HEAD_BYTES } from "./frames.ts";
import { KeyHash } from "./key-hash.ts";

/**
 * Reads the key of a row frame: its comparable bytes (model/key.ts) and its hash (key-hash.ts), without making objects.
 * After `read`, `bytes.subarray(0, length)` is the key; the next `read` overwrites it.
 */
export class KeyReader {
  bytes: Buffer = Buffer.alloc(64);
  length = 0;
  readonly hash: KeyHash;
  /** Length of the bytes of the first key column within the key. */
  firstColumnLength = 0;
  readonly #orders: readonly KeyOrder[];
  readonly #positions: readonly number[];
  readonly #format: RowFormat;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #columnsRead: number;
  /** Width of a key that is one common column, the first of its row; else 0. */
  readonly #leadBytes: number;

  /** @param key  key columns; for frames that hold the key columns alone, give each its place in the key as position */
  constructor(key: readonly KeyColumn[], format: RowFormat, seed: string) {
    this.#orders = key.map((column) => column.order);
    this.#positions = key.map((column) => column.position);
    this.#format = format;
    this.#columnsRead = Math.max(...this.#positions) + 1;
    this.#starts = new Int32Array(this.#columnsRead);
    this.#ends = new Int32Array(this.#columnsRead);
    this.hash = new KeyHash(seed);
    const leads = key.length === 1 && this.#positions[0] === 0 && format === "binary";
    this.#leadBytes = leads ? commonBytes(this.#orders[0] as KeyOrder) : 0;
  }

  /** Reads the key of the frame at `at` that ends at `end`. */
  read(frames: Buffer, at: number, end: number): void {
    if (this.#leadBytes > 0 && this.#readLead(frames, at + FRAME_HEAD_BYTES + 2, end)) return;
    if (this.#format === "binary") this.#findBinary(frames, at + FRAME_HEAD_BYTES, end);
    else this.#findText(frames, at + FRAME_HEAD_BYTES, end);
    this.length = 0;
    this.hash.start();
    for (let i = 0; i < this.#orders.length; i++) {
      const position = this.#positions[i] as number;
      const start = this.#starts[position] as number;
      const stop = this.#ends[position] as number;
      if (stop < start) throw new Failure("OBJECT_CORRUPT", "a row has no value in its primary key");
      const order = this.#orders[i] as KeyOrder;
      if (this.#format === "binary") this.#column(order, frames, start, stop);
      else {
        const field = fieldOfText(order, frames, start, stop);
        this.#column(order, field, 0, field.length);
      }
      if (i === 0) this.firstColumnLength = this.length;
    }
  }

  /**
   * The key of most tables, without looking where it lies, which is a third of the time of reading a key.
   * @returns false if it is not as it should be, which is for the long way to say
   */
  #readLead(frames: Buffer, at: number, end: number): boolean {
    const width = this.#leadBytes;
    if (at + 4 + width > end || frames.readInt16BE(at - 2) < 1 || frames.readInt32BE(at) !== width) return false;
    this.length = 0;
    this.hash.start();
    this.#appendCommon(width, frames, at + 4, SIGN);
    this.firstColumnLength = width;
    return true;
  }

  /** Takes key bytes (not a row), from `start` to `end`. */
  readKey(key: Buffer, start: number, end: number): void {
    this.length = 0;
    this.hash.start();
    let at = start;
    for (let i = 0; i < this.#orders.length; i++) {
      at = this.#columnOfKey(this.#orders[i] as KeyOrder, key, at, end);
      if (i === 0) this.firstColumnLength = this.length;
    }
    if (at !== end) throw new Failure("OBJECT_CORRUPT", "a key in a key list has bytes left over");
  }

  #columnOfKey(order: KeyOrder, key: Buffer, at: number, end: number): number {
    const width = commonBytes(order);
    if (width > 0) {
      if (at + width > end) throw new Failure("OBJECT_CORRUPT", "a key in a key list is cut short");
      this.#appendCommon(width, key, at, 0);
      return at + width;
    }
    const { field, next } = readKeyField(order, key, at);
    this.#column(order, field, 0, field.length);
    return next;
  }

  /** @param sign  the bits to flip in an integer's first byte: those of a field, none of what is a key already */
  #appendCommon(width: number, source: Buffer, at: number, sign: number): void {
    this.#makeRoom(width);
    const { bytes, hash } = this;
    const to = this.length;
    for (let i = 0; i < width; i++) bytes[to + i] = source[at + i] as number;
    this.length = to + width;
    if (width === UUID_BYTES) return hash.bytes(source, at, at + width);
    bytes[to] = (bytes[to] as number) ^ sign;
    const high = bytes.readInt32BE(to) ^ 0x80000000;
    // hashint8 folds the halves into one: 1 and 2^32 hash alike, and so do the ids (5, 7) and (7, 5) of a sharded
    // database. Key sums must tell them apart, so the upper half is hashed once more.
    if (width === INT8_BYTES) hash.int8(high, bytes.readInt32BE(to + 4));
    hash.int4(high);
  }

  #makeRoom(bytes: number): void {
    const room = this.length + bytes;
    if (room <= this.bytes.length) return;
    const larger = Buffer.alloc(2 * room);
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  #column(order: KeyOrder, field: Buffer, start: number, end: number): void {
    const fixed = fixedFieldBytes(order);
    if (fixed !== undefined && end - start !== fixed)
      throw new Failure("OBJECT_CORRUPT", `a key field of order ${order} has ${end - start} bytes, expected ${fixed}`);
    switch (order) {
      case "int4":
      case "int8":
      case "uuid":
        return this.#appendCommon(end - start, field, start, SIGN);
      case "int2":
        this.#append(order, field, start, end);
        return this.hash.int4(field.readInt16BE(start));
      case "text":
        this.#append(order, field, start, end);
        return this.hash.bytes(field, start, end);
      case "date":
      case "timestamp":
      case "send":
      case "output": {
        this.#append(order, field, start, end);
        const hex = Buffer.from(field.toString("hex", start, end), "latin1");
        return this.hash.bytes(hex, 0, hex.length);
      }
    }
  }

  #append(order: KeyOrder, field: Buffer, start: number, end: number): void {
    this.#makeRoom(keyFieldBytesMax(end - start));
    this.length = writeKeyField(order, field, start, end, this.bytes, this.length);
  }

  #findBinary(frames: Buffer, payload: number, end: number): void {
    if (payload + 2 > end || frames.readInt16BE(payload) < this.#columnsRead) throw badRow();
    let at = payload + 2;
    for (let i = 0; i < this.#columnsRead; i++) {
      if (at + 4 > end) throw badRow();
      const length = frames.readInt32BE(at);
      at += 4;
      this.#starts[i] = at;
      this.#ends[i] = length < 0 ? at - 1 : at + length;
      if (length > 0) at += length;
      if (at > end) throw badRow();
    }
  }

  #findText(frames: Buffer, payload: number, end: number): void {
    const last = end - 1;
    let at = payload;
    for (let i = 0; i < this.#columnsRead; i++) {
      if (at > last) throw badRow();
      const tab = frames.indexOf(0x09, at);
      const stop = tab < 0 || tab > last ? last : tab;
      const isNull = stop - at === 2 && frames[at] === 0x5c && frames[at + 1] === 0x4e;
      this.#starts[i] = at;
      this.#ends[i] = isNull ? at - 1 : stop;
      at = stop + 1;
    }
  }
}

const SIGN = 0x80;
const INT8_BYTES = 8;
const UUID_BYTES = 16;

/**
 * Width of the columns that nearly every key is made of; 0 for others. Their key is their field but for the sign, and no
 * object is made for them: captures and proofs read every key of a table.
 */
const commonBytes = (order: KeyOrder): number =>
  order === "int4" || order === "int8" || order === "uuid" ? (fixedFieldBytes(order) as number) : 0;

const badRow = (): Failure => new Failure("OBJECT_CORRUPT", "a row ends before its primary key does");

const ESCAPES: Readonly<Record<string, number>> = { b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** The bytes of a text field without COPY's escapes. */
export const unescapeField = (frames: Buffer, start: number, end: number): Buffer => {
  const raw = frames.subarray(start, end);
  if (!raw.includes(0x5c)) return raw;
  const out = Buffer.alloc(raw.length);
  let length = 0;
  for (let i = 0; i < raw.length; i++) {
    let byte = raw[i] as number;
    if (byte === 0x5c) {
      byte = raw[++i] as number;
      byte = ESCAPES[String.fromCharCode(byte)] ?? byte;
    }
    out[length++] = byte;
  }
  return out.subarray(0, length);
};

/** A text field as the bytes its order is defined on: the binary field, or UTF-8 text for `text` and `output`. */
const fieldOfText = (order: KeyOrder, frames: Buffer, start: number, end: number): Buffer => {
  const text = unescapeField(frames, start, end);
  switch (order) {
    case "int2":
    case "int4":
    case "int8": {
      const field = Buffer.alloc(8);
      field.writeBigInt64BE(BigInt(text.toString("latin1")));
      return field.subarray(8 - (fixedFieldBytes(order) as number));
    }
    case "uuid":
      return Buffer.from(text.toString("latin1").replaceAll("-", ""), "hex");
    case "text":
    case "output":
      return text;
    case "date":
    case "timestamp":
    case "send":
      throw new Failure("OBJECT_CORRUPT", `a text layer cannot have a key of order ${order}`);
  }
};
