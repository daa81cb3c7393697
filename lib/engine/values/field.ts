import { Failure } from "../../model/errors.ts";

/**
 * Decodes the field at bytes[start, end) of a COPY binary tuple into the text of its type's output function.
 *
 * The text is a *byte string*: one character per byte (latin1), so that text of any server encoding, valid or not, comes
 * through arrays and quoting unchanged and is written without transcoding. textOf turns it into Unicode at the very end.
 */
export type Decode = (bytes: Buffer, start: number, end: number) => string;

export const malformed = (type: string): Failure =>
  new Failure("OBJECT_CORRUPT", `a value of type ${type} is malformed: these bytes are not its binary form`);

/** A decoder of fields that are always `length` bytes long. */
export const fixed =
  (type: string, length: number, decode: (bytes: Buffer, start: number) => string): Decode =>
  (bytes, start, end) => {
    if (end - start !== length) throw malformed(type);
    return decode(bytes, start);
  };

/** Reads a field of variable layout from front to back, and never past its end. */
export class FieldReader {
  readonly bytes: Buffer;
  readonly end: number;
  readonly type: string;
  #position: number;

  constructor(type: string, bytes: Buffer, start: number, end: number) {
    this.type = type;
    this.bytes = bytes;
    this.end = end;
    this.#position = start;
  }

  get left(): number {
    return this.end - this.#position;
  }

  /** Steps over `length` bytes and says where they start. */
  skip(length: number): number {
    const start = this.#position;
    if (length < 0 || length > this.end - start) throw malformed(this.type);
    this.#position = start + length;
    return start;
  }

  uint8(): number {
    return this.bytes.readUInt8(this.skip(1));
  }

  uint16(): number {
    return this.bytes.readUInt16BE(this.skip(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.skip(4));
  }

  uint32(): number {
    return this.bytes.readUInt32BE(this.skip(4));
  }

  float8(): number {
    return this.bytes.readDoubleBE(this.skip(8));
  }

  /** Bytes up to a NUL, which is consumed. */
  cstring(): string {
    const start = this.#position;
    const nul = this.bytes.indexOf(0, start);
    if (nul < 0 || nul >= this.end) throw malformed(this.type);
    this.#position = nul + 1;
    return this.bytes.toString("latin1", start, nul);
  }

  finish(): void {
    if (this.#position !== this.end) throw malformed(this.type);
  }
}
