import { Failure } from "../../model/errors.ts";
import { KIB, MIB } from "../../model/units.ts";
import { FRAME_HEAD_BYTES, FRAME_MARK } from "../frames.ts";

const TAB = 0x09;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const LOWER_X = 0x78;
const UPPER_N = 0x4e;
const BACKSLASH = 0x5c;

const ROOM_BYTES_START = 64 * KIB;
/** A buffer that one long row made larger is let go with that row. */
const ROOM_BYTES_KEPT = 4 * MIB;
/** PostgreSQL takes no more than this for a row of COPY text, whatever it is made of (MaxAllocSize). */
const ROW_TEXT_BYTES_MAX = 1024 * MIB - 1;

/** The letter after the backslash that stands for each byte that COPY text escapes, else 0. Other control characters pass. */
const ESCAPE_LETTER = new Uint8Array(256);
ESCAPE_LETTER[BACKSLASH] = BACKSLASH;
for (const [index, letter] of [..."btnvfr"].entries()) ESCAPE_LETTER[index + 8] = letter.charCodeAt(0);

const HEX_DIGITS = Buffer.from("0123456789abcdef", "latin1");

/** One COPY text row frame in the making, in a buffer that grows. */
export class TextRow {
  #bytes = Buffer.allocUnsafeSlow(ROOM_BYTES_START);
  #length = 0;

  start(): void {
    this.#length = FRAME_HEAD_BYTES;
  }

  /** Ends the field before the given one. */
  separate(column: number): void {
    if (column > 0) this.#bytes[this.#room(1)] = TAB;
  }

  null(): void {
    const at = this.#room(2);
    this.#bytes[at] = BACKSLASH;
    this.#bytes[at + 1] = UPPER_N;
  }

  /** @param text  a byte string (field.ts) */
  escapedText(text: string): void {
    let at = this.#room(text.length * 2);
    const bytes = this.#bytes;
    for (let index = 0; index < text.length; index++) {
      const byte = text.charCodeAt(index);
      const letter = byte < SPACE || byte === BACKSLASH ? (ESCAPE_LETTER[byte] ?? 0) : 0;
      if (letter !== 0) bytes[at++] = BACKSLASH;
      bytes[at++] = letter === 0 ? byte : letter;
    }
    this.#length = at;
  }

  escapedBytes(source: Buffer, start: number, end: number): void {
    let at = this.#room((end - start) * 2);
    const bytes = this.#bytes;
    for (let index = start; index < end; index++) {
      const byte = source[index] ?? 0;
      const letter = byte < SPACE || byte === BACKSLASH ? (ESCAPE_LETTER[byte] ?? 0) : 0;
      if (letter !== 0) bytes[at++] = BACKSLASH;
      bytes[at++] = letter === 0 ? byte : letter;
    }
    this.#length = at;
  }

  /** bytea_output hex; its backslash is escaped like any other. */
  hexBytes(source: Buffer, start: number, end: number): void {
    let at = this.#room(3 + (end - start) * 2);
    const bytes = this.#bytes;
    bytes[at++] = BACKSLASH;
    bytes[at++] = BACKSLASH;
    bytes[at++] = LOWER_X;
    for (let index = start; index < end; index++) {
      const byte = source[index] ?? 0;
      bytes[at++] = HEX_DIGITS[byte >> 4] ?? 0;
      bytes[at++] = HEX_DIGITS[byte & 15] ?? 0;
    }
    this.#length = at;
  }

  /** Ends the row and gives a copy of its frame. */
  finish(): Buffer {
    this.#bytes[this.#room(1)] = NEWLINE;
    const bytes = this.#bytes;
    if (this.#length - FRAME_HEAD_BYTES > ROW_TEXT_BYTES_MAX) {
      throw new Failure("ROW_TOO_LONG", `the text of a row has ${this.#length} bytes, more than ${ROW_TEXT_BYTES_MAX}`);
    }
    bytes[0] = FRAME_MARK;
    bytes.writeUInt32BE(this.#length - 1, 1);
    const frame = Buffer.from(bytes.subarray(0, this.#length));
    if (bytes.length > ROOM_BYTES_KEPT) this.#bytes = Buffer.allocUnsafeSlow(ROOM_BYTES_START);
    return frame;
  }

  /** Makes room for `most` more bytes, counts them as written, and says where they start. */
  #room(most: number): number {
    const at = this.#length;
    const needed = at + most;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#length = needed;
    return at;
  }
}
