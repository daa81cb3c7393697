import { Failure } from "../../model/errors.ts";
import type { RowFormat, TableColumn } from "../../model/table.ts";
import { binaryFields, textFields } from "./row-fields.ts";
import { textOf } from "./text-of.ts";

/**
 * A row as people read it: column name to the value's text, null for NULL. The same row gives the same texts in either format.
 * @throws OBJECT_CORRUPT  the frame is not one row of these columns
 */
export const displayRow = (
  columns: readonly Pick<TableColumn, "name" | "wireTypeOid">[],
  format: RowFormat,
  frame: Buffer,
): Record<string, string | null> => {
  const texts = format === "text" ? textFields(frame) : binaryTexts(columns, frame);
  // In COPY text a row without columns looks like a row of one empty text.
  const found = columns.length === 0 && texts.length === 1 && texts[0] === "" ? 0 : texts.length;
  if (found !== columns.length) {
    throw new Failure("OBJECT_CORRUPT", `a row has ${found} fields, and its table ${columns.length} columns`);
  }
  return Object.fromEntries(columns.map(({ name }, index) => [name, texts[index] ?? null]));
};

const binaryTexts = (columns: readonly Pick<TableColumn, "wireTypeOid">[], frame: Buffer): (string | undefined)[] =>
  binaryFields(frame).map((field, index) => {
    const column = columns[index];
    return field === undefined || column === undefined ? undefined : textOf(column.wireTypeOid, field);
  });
