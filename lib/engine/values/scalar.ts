import { type Decode, fixed, malformed } from "./field.ts";

const TWO_32 = 2 ** 32;
/** High words for which an int64 is an exact number: |n| < 2^53. */
const EXACT_HIGH_WORD_MAX = 2 ** 21;

/** The signed 64-bit integer at `start` as a number where that is exact, else undefined. BigInt costs ten times as much. */
export const exactInt64 = (bytes: Buffer, start: number): number | undefined => {
  const high = bytes.readInt32BE(start);
  if (high >= EXACT_HIGH_WORD_MAX || high < -EXACT_HIGH_WORD_MAX) return undefined;
  return high * TWO_32 + bytes.readUInt32BE(start + 4);
};

const int64Text = (bytes: Buffer, start: number): string =>
  String(exactInt64(bytes, start) ?? bytes.readBigInt64BE(start));

export const text: Decode = (bytes, start, end) => bytes.toString("latin1", start, end);

/** jsonb is a version byte and the text that its output function prints. */
export const jsonb: Decode = (bytes, start, end) => {
  if (end - start < 2 || bytes[start] !== 1) throw malformed("jsonb");
  return bytes.toString("latin1", start + 1, end);
};

export const bool = fixed("bool", 1, (bytes, start) => {
  const byte = bytes.readUInt8(start);
  if (byte > 1) throw malformed("bool");
  return byte === 1 ? "t" : "f";
});

export const int2 = fixed("int2", 2, (bytes, start) => String(bytes.readInt16BE(start)));
export const int4 = fixed("int4", 4, (bytes, start) => String(bytes.readInt32BE(start)));
export const int8 = fixed("int8", 8, int64Text);
export const oid = fixed("oid", 4, (bytes, start) => String(bytes.readUInt32BE(start)));

/**
 * One byte: NUL prints as nothing, a high byte as `\ooo`, which PostgreSQL 16 and later print and read. 15 prints the byte
 * raw, which is not UTF-8 and which COPY FROM refuses; there is no text from which 15 reads such a value.
 */
export const char = fixed("char", 1, (bytes, start) => {
  const byte = bytes.readUInt8(start);
  if (byte === 0) return "";
  return byte < 0x80 ? String.fromCharCode(byte) : `\\${byte.toString(8)}`;
});

export const bytea: Decode = (bytes, start, end) => `\\x${bytes.toString("hex", start, end)}`;

export const uuid = fixed("uuid", 16, (bytes, start) => {
  const hex = bytes.toString("hex", start, start + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
});

/** lc_monetary C: dollars, two decimals, thousands in commas, the sign first. */
export const money = fixed("money", 8, (bytes, start) => {
  const signed = int64Text(bytes, start);
  const negative = signed.startsWith("-");
  const cents = (negative ? signed.slice(1) : signed).padStart(3, "0");
  let grouped = cents.slice(-2);
  let end = cents.length - 2;
  grouped = `.${grouped}`;
  for (; end > 3; end -= 3) grouped = `,${cents.slice(end - 3, end)}${grouped}`;
  return `${negative ? "-$" : "$"}${cents.slice(0, end)}${grouped}`;
});

export const pgLsn = fixed("pg_lsn", 8, (bytes, start) =>
  `${bytes.readUInt32BE(start).toString(16)}/${bytes.readUInt32BE(start + 4).toString(16)}`.toUpperCase(),
);

const BITS_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(2).padStart(8, "0"));

/** bit and varbit: the number of bits, then the bits from the left, padded with zeros to whole bytes. */
export const bits: Decode = (bytes, start, end) => {
  const length = end - start < 4 ? -1 : bytes.readInt32BE(start);
  if (length < 0 || Math.ceil(length / 8) !== end - start - 4) throw malformed("bit");
  let digits = "";
  for (let at = start + 4; at < end; at++) digits += BITS_OF_BYTE[bytes.readUInt8(at)];
  return digits.slice(0, length);
};
