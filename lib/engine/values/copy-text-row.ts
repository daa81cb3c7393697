import { visitBinaryFields } from "./row-fields.ts";
import { bytea, text } from "./scalar.ts";
import { decoderOf } from "./text-of.ts";
import { TextRow } from "./text-row.ts";

/** The row being written. Its buffer is kept from row to row, and every row leaves as a copy of its own. */
const row = new TextRow();

/**
 * Turns a binary row frame into the COPY text row frame of the same row: what the server would have sent with FORMAT text.
 *
 * @param wireTypeOids  the types of the row's columns, in order, all of BINARY_TYPES
 * @param frame  one binary row frame: byte `d`, u32 length, COPY binary tuple
 * @returns byte `d`, u32 length, fields escaped and separated by tabs, `\N` for NULL, newline
 * @throws OBJECT_CORRUPT  the frame is not one row of these columns, or a field is not a value of its type
 * @throws ROW_TOO_LONG  the text is longer than PostgreSQL reads in one row
 */
export const copyTextRow = (wireTypeOids: readonly number[], frame: Buffer): Buffer => {
  row.start();
  visitBinaryFields(frame, wireTypeOids.length, (column, start, end) => {
    row.separate(column);
    if (end < 0) {
      row.null();
      return;
    }
    const decode = decoderOf(wireTypeOids[column] ?? 0);
    // The two kinds of value that may be long are written byte by byte, without a string between.
    if (decode === text) row.escapedBytes(frame, start, end);
    else if (decode === bytea) row.hexBytes(frame, start, end);
    else row.escapedText(decode(frame, start, end));
  });
  return row.finish();
};
