import { Failure } from "../../model/errors.ts";
import { FRAME_HEAD_BYTES, frameEnd } from "../frames.ts";
import { unescapeField } from "../key.ts";

const FIELD_COUNT_BYTES = 2;
const FIELD_LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

const TAB = 0x09;
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
const UPPER_N = 0x4e;
const brokenRow = (format: string): Failure =>
  new Failure("OBJECT_CORRUPT", `a row frame does not hold a whole row of COPY ${format}`);

/**
 * Visits the fields of a binary row frame in order, without copying: `visit(column, start, end)`, end -1 for NULL.
 * @throws OBJECT_CORRUPT  the frame is not one whole row of so many columns
 */
export const visitBinaryFields = (
  frame: Buffer,
  columns: number | undefined,
  visit: (column: number, start: number, end: number) => void,
): void => {
  const end = frameEnd(frame, 0);
  let at = FRAME_HEAD_BYTES + FIELD_COUNT_BYTES;
  if (end !== frame.length || at > end) throw brokenRow("binary");
  const count = frame.readInt16BE(FRAME_HEAD_BYTES);
  if (count < 0 || (columns !== undefined && count !== columns)) throw brokenRow("binary");
  for (let column = 0; column < count; column++) {
    if (at + FIELD_LENGTH_BYTES > end) throw brokenRow("binary");
    const length = frame.readInt32BE(at);
    at += FIELD_LENGTH_BYTES;
    if (length === NULL_LENGTH) {
      visit(column, at, -1);
      continue;
    }
    if (length < 0 || length > end - at) throw brokenRow("binary");
    visit(column, at, at + length);
    at += length;
  }
  if (at !== end) throw brokenRow("binary");
};

/**
 * The fields of a binary row frame, as views of it; undefined is NULL.
 * @throws OBJECT_CORRUPT  the frame is not one whole row
 */
export const binaryFields = (frame: Buffer): (Buffer | undefined)[] => {
  const fields: (Buffer | undefined)[] = [];
  visitBinaryFields(frame, undefined, (_, start, end) => {
    fields.push(end < 0 ? undefined : frame.subarray(start, end));
  });
  return fields;
};

/**
 * The fields of a COPY text row frame, unescaped; undefined is NULL. A row without columns reads as one empty field,
 * which is also what a row of one empty text is: COPY text does not tell them apart.
 * @throws OBJECT_CORRUPT  the frame is not one whole row
 */
export const textFields = (frame: Buffer): (string | undefined)[] => {
  const last = frameEnd(frame, 0) - 1;
  // A newline or tab in a value is escaped, so the first newline ends the row, and every tab a field.
  if (last + 1 !== frame.length || frame.indexOf(NEWLINE, FRAME_HEAD_BYTES) !== last) throw brokenRow("text");
  const fields: (string | undefined)[] = [];
  let start = FRAME_HEAD_BYTES;
  while (start <= last) {
    const tab = frame.indexOf(TAB, start);
    const end = tab < 0 ? last : tab;
    const isNull = end - start === 2 && frame[start] === BACKSLASH && frame[start + 1] === UPPER_N;
    fields.push(isNull ? undefined : unescapeField(frame, start, end).toString("utf8"));
    start = end + 1;
  }
  return fields;
};
