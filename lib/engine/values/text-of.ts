import { DECODERS } from "./decoders.ts";
import type { Decode } from "./field.ts";

/** @throws TypeError  the type is not in BINARY_TYPES: such a table is never captured in binary */
export const decoderOf = (wireTypeOid: number): Decode => {
  const decode = DECODERS.get(wireTypeOid);
  if (decode === undefined) throw new TypeError(`type oid ${wireTypeOid} is not a binary type`);
  return decode;
};

/**
 * The text of a value, byte for byte what PostgreSQL's output function prints under the settings of a capture: UTC, ISO
 * dates, intervalstyle postgres, extra_float_digits 3, bytea_output hex, lc_monetary C, UTF-8.
 *
 * @param wireTypeOid  a type of BINARY_TYPES (TableColumn.wireTypeOid)
 * @param field  a field of a COPY binary tuple, without its length
 * @throws OBJECT_CORRUPT  the bytes are not a value of the type; the message names the type
 */
export const textOf = (wireTypeOid: number, field: Buffer): string =>
  Buffer.from(decoderOf(wireTypeOid)(field, 0, field.length), "latin1").toString("utf8");
