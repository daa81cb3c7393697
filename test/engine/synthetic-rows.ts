import { writeKeyField } from "../../lib/model/key.ts";
import type { KeyColumn, KeyOrder, RowFormat, TableColumn, TableFacts } from "../../lib/model/table.ts";

/** A row frame as a server sends it: one CopyData message. */
export const frameOf = (payload: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head[0] = 0x64;
  head.writeUInt32BE(payload.length + 4, 1);
  return Buffer.concat([head, payload]);
};

/** A COPY binary row; null is a field without a value. */
export const binaryRow = (fields: readonly (Buffer | null)[]): Buffer => {
  const count = Buffer.alloc(2);
  count.writeInt16BE(fields.length);
  const pieces = fields.flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(field === null ? -1 : field.length);
    return field === null ? [length] : [length, field];
  });
  return frameOf(Buffer.concat([count, ...pieces]));
};

/** A COPY text row; the fields are already escaped, null is `\N`. */
export const textRow = (fields: readonly (string | null)[]): Buffer =>
  frameOf(Buffer.from(`${fields.map((field) => field ?? "\\N").join("\t")}\n`, "utf8"));

export const escapeText = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll("\t", "\\t").replaceAll("\n", "\\n").replaceAll("\r", "\\r");

export const int8Field = (value: bigint): Buffer => {
  const field = Buffer.alloc(8);
  field.writeBigInt64BE(value);
  return field;
};

/** Key bytes of one column, as model/key.ts writes them. */
export const keyBytesOf = (order: KeyOrder, field: Buffer): Buffer => {
  const key = Buffer.alloc(2 * field.length + 2);
  return key.subarray(0, writeKeyField(order, field, 0, field.length, key, 0));
};

const column = (name: string, type: string, typeOid: number): TableColumn => ({
  name,
  type,
  typeOid,
  wireTypeOid: typeOid,
  notNull: name === "id",
  identity: "",
});

/** A table `(id, body text)` whose primary key is `id`; without an order it has no key. */
export const syntheticFacts = (
  options: { readonly format?: RowFormat; readonly order?: KeyOrder | undefined; readonly name?: string } = {},
): TableFacts => {
  const { format = "binary", name = "orders" } = options;
  const order = "order" in options ? options.order : "int8";
  const key: KeyColumn[] | undefined = order === undefined ? undefined : [{ name: "id", position: 0, order }];
  const id = order === "int8" ? column("id", "bigint", 20) : column("id", "text", 25);
  return {
    schema: "public",
    name,
    oid: 16_384,
    columns: [id, column("body", "text", 25)],
    key,
    format,
    rowType: "00",
    filenode: 1,
  };
};

/** The frame of a row of a synthetic table. Numbers are int8 keys, strings are text keys. */
export const syntheticRow = (facts: TableFacts, id: number | string, body: string): Buffer => {
  if (facts.format === "text") return textRow([escapeText(String(id)), escapeText(body)]);
  const field = typeof id === "number" ? int8Field(BigInt(id)) : Buffer.from(id, "utf8");
  return binaryRow([field, Buffer.from(body, "utf8")]);
};

/** Key bytes of a row of a synthetic table. */
export const syntheticKey = (id: number | string): Buffer =>
  typeof id === "number" ? keyBytesOf("int8", int8Field(BigInt(id))) : keyBytesOf("text", Buffer.from(id, "utf8"));
