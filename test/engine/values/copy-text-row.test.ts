import fc from "fast-check";
import { expect, test } from "vitest";
import { copyTextRow } from "../../../lib/engine/values/copy-text-row.ts";
import { displayRow } from "../../../lib/engine/values/display-row.ts";
import { binaryFields, textFields } from "../../../lib/engine/values/row-fields.ts";
import { frame } from "./server-text.ts";

const TEXT = 25;
const BYTEA = 17;
const INT4 = 23;

const binaryRow = (...fields: (Buffer | string | undefined)[]): Buffer => {
  const parts: Buffer[] = [Buffer.alloc(2)];
  parts[0]?.writeInt16BE(fields.length);
  for (const field of fields) {
    const bytes = field === undefined ? undefined : Buffer.from(field);
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes?.length ?? -1);
    parts.push(length, bytes ?? Buffer.of());
  }
  return frame(Buffer.concat(parts));
};

const textRow = (line: string): Buffer => frame(Buffer.from(line));

test("fields are separated by tabs, NULL is \\N and the row ends with a newline", () => {
  const row = binaryRow("a", undefined, Buffer.from("0000002a", "hex"), "");
  expect(copyTextRow([TEXT, TEXT, INT4, TEXT], row)).toEqual(textRow("a\t\\N\t42\t\n"));
});

test("a row without columns is an empty line", () => {
  expect(copyTextRow([], binaryRow())).toEqual(textRow("\n"));
});

test("what COPY text escapes is escaped, and other control characters pass", () => {
  const row = binaryRow("\b\t\n\v\f\r\\\x01\x1f\x7f", "\\N", "\\.");
  expect(copyTextRow([TEXT, TEXT, TEXT], row)).toEqual(textRow("\\b\\t\\n\\v\\f\\r\\\\\x01\x1f\x7f\t\\\\N\t\\\\.\n"));
});

test("the backslash of a bytea is escaped once", () => {
  expect(copyTextRow([BYTEA, BYTEA], binaryRow(Buffer.of(0, 0x5c, 0xff), ""))).toEqual(textRow("\\\\x005cff\t\\\\x\n"));
});

test("text that is not UTF-8 passes unchanged", () => {
  const row = copyTextRow([TEXT], binaryRow(Buffer.of(0xff, 0xc3)));
  expect(row).toEqual(frame(Buffer.of(0xff, 0xc3, 0x0a)));
});

test("rows keep their bytes when later rows are written, and after a row of 20 MB", () => {
  const first = copyTextRow([TEXT], binaryRow("first"));
  const long = copyTextRow([TEXT, BYTEA], binaryRow("\n".repeat(5_000_000), Buffer.alloc(5_000_000)));
  expect(long.length).toBe(5 + 10_000_000 + 1 + 3 + 10_000_000 + 1);
  expect(copyTextRow([TEXT], binaryRow("later"))).toEqual(textRow("later\n"));
  expect(first).toEqual(textRow("first\n"));
});

test("any fields come back from the binary row, and from its text row", () => {
  const field = fc.option(fc.string({ unit: "grapheme" }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(field, { minLength: 1, maxLength: 8 }), (fields) => {
      const row = binaryRow(...fields);
      expect(binaryFields(row).map((bytes) => bytes?.toString())).toEqual(fields);
      const oids = fields.map(() => TEXT);
      expect(textFields(copyTextRow(oids, row))).toEqual(fields);
    }),
  );
});

test("displays a row by column name, alike from both formats", () => {
  const columns = ["id", "__proto__", "gone"].map((name, index) => ({ name, wireTypeOid: index === 0 ? INT4 : TEXT }));
  const row = binaryRow(Buffer.from("ffffffff", "hex"), "tab\there é", undefined);
  const shown = displayRow(columns, "binary", row);
  expect(Object.entries(shown)).toEqual([
    ["id", "-1"],
    ["__proto__", "tab\there é"],
    ["gone", null],
  ]);
  expect(displayRow(columns, "text", copyTextRow([INT4, TEXT, TEXT], row))).toEqual(shown);
});

test("displays a row without columns as no column", () => {
  expect(displayRow([], "binary", binaryRow())).toEqual({});
  expect(displayRow([], "text", textRow("\n"))).toEqual({});
});

test.each([
  ["has another number of columns", binaryRow("a", "b")],
  ["is cut in a field", frame(Buffer.from("0001 00000005 61".replaceAll(" ", ""), "hex"))],
  ["is cut in a length", frame(Buffer.from("00010000", "hex"))],
  ["is cut in the number of fields", frame(Buffer.of(0))],
  ["is COPY's trailer", frame(Buffer.from("ffff", "hex"))],
  ["has bytes after its last field", frame(Buffer.from("0001 ffffffff 00".replaceAll(" ", ""), "hex"))],
  ["is followed by another", Buffer.concat([binaryRow("a"), binaryRow("b")])],
  ["is not a row frame", Buffer.from("c0000")],
])("fails when a binary row %s", (_, row) => {
  expect(() => copyTextRow([TEXT], row)).toThrow(expect.objectContaining({ code: "OBJECT_CORRUPT" }));
  expect(() => displayRow([{ name: "a", wireTypeOid: TEXT }], "binary", row)).toThrow(
    expect.objectContaining({ code: "OBJECT_CORRUPT" }),
  );
});

test.each([
  ["has another number of columns", textRow("a\tb\n")],
  ["has no newline", textRow("a")],
  ["has no byte", textRow("")],
  ["holds two rows", textRow("a\nb\n")],
])("fails when a text row %s", (_, row) => {
  expect(() => displayRow([{ name: "a", wireTypeOid: TEXT }], "text", row)).toThrow(
    expect.objectContaining({ code: "OBJECT_CORRUPT" }),
  );
});
