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

  /** @param key  key columns; for frames that hold the key columns alone, give each its place in the key as position */
  constructor(key: readonly KeyColumn[], format: RowFormat, seed: string) {
    this.#orders = key.map((column) => column.order);
    this.#positions = key.map((column) => column.position);
    this.#format = format;
    this.#columnsRead = Math.max(...this.#positions) + 1;
    this.#starts = new Int32Array(this.#columnsRead);
    this.#ends = new Int32Array(this.#columnsRead);
    this.hash = new KeyHash(seed);
  }

  /** Reads the key of the frame at `at` that ends at `end`. */
  read(frames: Buffer, at: number, end: number): void {
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

  /** Takes key bytes (not a row), from `start` to `end`. */
  readKey(key: Buffer, start: number, end: number): void {
    this.length = 0;
    this.hash.start();
    let at = start;
    for (let i = 0; i < this.#orders.length; i++) {
      const order = this.#orders[i] as KeyOrder;
      at = this.#fixedColumn(order, key, at, end) ?? this.#columnOfKey(order, key, at);
      if (i === 0) this.firstColumnLength = this.length;
    }
    if (at !== end) throw new Failure("OBJECT_CORRUPT", "a key in a key list has bytes left over");
  }

  #columnOfKey(order: KeyOrder, key: Buffer, at: number): number {
    const { field, next } = readKeyField(order, key, at);
    this.#column(order, field, 0, field.length);
    return next;
  }

  /** The commonest columns straight from key bytes, without an object: proofs read every key of a table. */
  #fixedColumn(order: KeyOrder, key: Buffer, at: number, end: number): number | undefined {
    if (order !== "int8" && order !== "int4" && order !== "uuid") return undefined;
    const next = at + (fixedFieldBytes(order) as number);
    if (next > end) throw new Failure("OBJECT_CORRUPT", "a key in a key list is cut short");
    this.#makeRoom(next - at);
    for (let i = at; i < next; i++) this.bytes[this.length++] = key[i] as number;
    if (order === "uuid") this.hash.bytes(key, at, next);
    else {
      const high = key.readInt32BE(at) ^ 0x80000000;
      if (order === "int8") this.hash.int8(high, key.readInt32BE(at + 4));
      this.hash.int4(high);
    }
    return next;
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
    this.#makeRoom(keyFieldBytesMax(end - start));
    this.length = writeKeyField(order, field, start, end, this.bytes, this.length);
    switch (order) {
      case "int2":
        return this.hash.int4(field.readInt16BE(start));
      case "int4":
        return this.hash.int4(field.readInt32BE(start));
      case "int8": {
        // hashint8 folds the halves into one: 1 and 2^32 hash alike, and so do the ids (5, 7) and (7, 5) of a sharded
        // database. Key sums must tell them apart, so the upper half is hashed once more.
        const high = field.readInt32BE(start);
        this.hash.int8(high, field.readInt32BE(start + 4));
        return this.hash.int4(high);
      }
      case "uuid":
      case "text":
        return this.hash.bytes(field, start, end);
      case "date":
      case "timestamp":
      case "send":
      case "output": {
        const hex = Buffer.from(field.toString("hex", start, end), "latin1");
        return this.hash.bytes(hex, 0, hex.length);
      }
    }
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
