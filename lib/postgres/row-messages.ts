import { Failure } from "../model/errors.ts";
import type { RowFormat } from "../model/table.ts";

const COPY_DATA = 0x64; // d
const HEAD_BYTES = 5; // Type and length.
const NEWLINE = 0x0a;
/** `PGCOPY\n\377\r\n\0`, no flags, no extension. */
export const BINARY_HEADER: Buffer = Buffer.from("5047434f50590aff0d0a000000000000000000", "hex");

/** CopyData with the given payload. */
export function copyData(payload: Buffer): Buffer {
  const message = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  message[0] = COPY_DATA;
  message.writeUInt32BE(payload.length + 4, 1);
  payload.copy(message, HEAD_BYTES);
  return message;
}

interface RowMessagesOptions {
  readonly format: RowFormat;
  /** Columns of every row. */
  readonly columns: number;
  /** Takes whole consecutive row frames; their buffer may be overwritten when this returns. */
  readonly onRows: (frames: Buffer) => void;
  /** Takes each whole message that is not CopyData; the same goes for its buffer. */
  readonly onOther: (message: Buffer) => void;
}

/**
 * Cuts what the server sends during COPY TO STDOUT into runs of row frames, and everything else, wherever the network
 * cuts it. Runs are parts of the bytes given, which may be overwritten after `read`; only a message that two reads share
 * is copied. The header and trailer of the binary format are left out; PostgreSQL sends the header in the message of the
 * first row.
 *
 * PostgreSQL sends one row per CopyData message, though the protocol does not promise it: checked by the column count
 * (binary) or the final newline (text).
 */
export class RowMessages {
  /** Rows given so far. */
  rows = 0;
  readonly #options: RowMessagesOptions;
  #headerSeen: boolean;
  /** The message that the last bytes ended in, in pieces. */
  #pieces: Buffer[] = [];
  #piecesBytes = 0;

  constructor(options: RowMessagesOptions) {
    this.#options = options;
    this.#headerSeen = options.format === "text";
  }

  /**
   * @throws DATABASE_ERROR  a message does not hold exactly one row
   */
  read(bytes: Buffer): void {
    const rest = this.#pieces.length === 0 ? bytes : this.#join(bytes);
    if (rest.length > 0) this.#readMessages(rest);
  }

  /** Completes the message that earlier bytes ended in; gives what follows it. */
  #join(bytes: Buffer): Buffer {
    let rest = bytes;
    if (this.#piecesBytes < HEAD_BYTES) {
      const missingBytes = HEAD_BYTES - this.#piecesBytes;
      const head = Buffer.concat([...this.#pieces, rest.subarray(0, missingBytes)]);
      rest = rest.subarray(missingBytes);
      this.#pieces = [head];
      this.#piecesBytes = head.length;
      if (head.length < HEAD_BYTES) return rest;
    }
    const messageBytes = messageEnd(this.#pieces[0] as Buffer, 0);
    const missingBytes = messageBytes - this.#piecesBytes;
    this.#piecesBytes += rest.length;
    if (rest.length < missingBytes) {
      this.#pieces.push(Buffer.from(rest));
      return rest.subarray(rest.length);
    }
    this.#pieces.push(rest.subarray(0, missingBytes));
    const message = Buffer.concat(this.#pieces, messageBytes);
    this.#pieces = [];
    this.#piecesBytes = 0;
    this.#readMessages(message);
    return rest.subarray(missingBytes);
  }

  #readMessages(bytes: Buffer): void {
    let runStart = 0;
    let at = 0;
    while (at + HEAD_BYTES <= bytes.length) {
      const end = messageEnd(bytes, at);
      if (end > bytes.length) break;
      if (this.#isRow(bytes, at, end)) this.rows++;
      else {
        this.#emit(bytes.subarray(runStart, at));
        this.#readOther(bytes.subarray(at, end));
        runStart = end;
      }
      at = end;
    }
    this.#emit(bytes.subarray(runStart, at));
    if (at === bytes.length) return;
    this.#pieces = [Buffer.from(bytes.subarray(at))];
    this.#piecesBytes = bytes.length - at;
  }

  #isRow(bytes: Buffer, at: number, end: number): boolean {
    if (bytes[at] !== COPY_DATA || !this.#headerSeen) return false;
    if (this.#options.format === "text") return bytes[end - 1] === NEWLINE && end > at + HEAD_BYTES;
    const columns = ((bytes[at + HEAD_BYTES] as number) << 8) | (bytes[at + HEAD_BYTES + 1] as number);
    return columns === this.#options.columns && end >= at + HEAD_BYTES + 2;
  }

  /** A message that is not a plain row: not CopyData, or with the binary header or trailer. */
  #readOther(message: Buffer): void {
    if (message[0] !== COPY_DATA) return this.#options.onOther(message);
    const { format, columns } = this.#options;
    let payload = message.subarray(HEAD_BYTES);
    if (!this.#headerSeen) {
      if (!payload.subarray(0, BINARY_HEADER.length).equals(BINARY_HEADER)) throw notOneRow("no binary header");
      this.#headerSeen = true;
      payload = payload.subarray(BINARY_HEADER.length);
      if (payload.length === 0) return;
    }
    const count = format === "binary" && payload.length >= 2 ? payload.readInt16BE(0) : undefined;
    if (count === -1 && payload.length === 2) return;
    if (count !== columns) throw notOneRow("a message that is not exactly one row");
    this.rows++;
    this.#emit(copyData(payload));
  }

  #emit(frames: Buffer): void {
    if (frames.length > 0) this.#options.onRows(frames);
  }
}

function messageEnd(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32BE(at + 1);
  if (length < 4) throw notOneRow(`a message of ${length} bytes`);
  return at + 1 + length;
}

const notOneRow = (what: string): Failure =>
  new Failure("DATABASE_ERROR", `COPY brought ${what}`, {
    hint: "connect to PostgreSQL itself, not through a proxy that rewrites COPY",
  });
