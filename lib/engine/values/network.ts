import { type Decode, FieldReader, fixed, malformed } from "./field.ts";

/** PostgreSQL's own family numbers, the same on every platform. */
const FAMILY_V4 = 2;
const FAMILY_V6 = 3;
const WORDS_V6 = 8;

const addressDecoder = (type: "inet" | "cidr"): Decode => {
  const isCidr = type === "cidr" ? 1 : 0;
  return (bytes, start, end) => {
    const field = new FieldReader(type, bytes, start, end);
    const family = field.uint8();
    const prefix = field.uint8();
    const flag = field.uint8();
    const length = field.uint8();
    const address = field.skip(length);
    field.finish();
    const bits = length * 8;
    const known = (family === FAMILY_V4 && length === 4) || (family === FAMILY_V6 && length === 16);
    if (!known || prefix > bits || flag !== isCidr) throw malformed(type);
    const text = family === FAMILY_V4 ? ipv4(bytes, address) : ipv6(bytes, address);
    // An inet without a mask prints none; a cidr always does.
    return type === "cidr" || prefix < bits ? `${text}/${prefix}` : text;
  };
};

export const inet = addressDecoder("inet");
export const cidr = addressDecoder("cidr");

const ipv4 = (bytes: Buffer, at: number): string =>
  `${bytes.readUInt8(at)}.${bytes.readUInt8(at + 1)}.${bytes.readUInt8(at + 2)}.${bytes.readUInt8(at + 3)}`;

/**
 * Hexadecimal words without leading zeros; the first of the longest runs of two or more zero words is `::`. After exactly
 * six zero words (::1.2.3.4) and in mapped addresses (::ffff:1.2.3.4) the last two are printed as IPv4.
 */
const ipv6 = (bytes: Buffer, at: number): string => {
  const words = Array.from({ length: WORDS_V6 }, (_, index) => bytes.readUInt16BE(at + index * 2));
  const run = longestZeroRun(words);
  const embedsV4 = run.from === 0 && (run.length === 6 || (run.length === 5 && words[5] === 0xffff));
  const shown = embedsV4 ? 6 : WORDS_V6;
  const hex = (from: number, to: number): string =>
    words
      .slice(from, to)
      .map((word) => word.toString(16))
      .join(":");
  if (run.length === 0) return hex(0, shown);
  const head = hex(0, run.from);
  const tail = hex(run.from + run.length, shown);
  if (!embedsV4) return `${head}::${tail}`;
  return `::${tail === "" ? "" : `${tail}:`}${ipv4(bytes, at + 12)}`;
};

const longestZeroRun = (words: readonly number[]): { readonly from: number; readonly length: number } => {
  let best = { from: 0, length: 0 };
  let from = 0;
  for (let index = 0; index <= words.length; index++) {
    if (words[index] === 0) continue;
    if (index - from > best.length && index - from >= 2) best = { from, length: index - from };
    from = index + 1;
  }
  return best;
};

const colonHex = (bytes: Buffer, start: number, length: number): string => {
  let text = bytes.toString("hex", start, start + 1);
  for (let index = 1; index < length; index++) text += `:${bytes.toString("hex", start + index, start + index + 1)}`;
  return text;
};

export const macaddr = fixed("macaddr", 6, (bytes, start) => colonHex(bytes, start, 6));
export const macaddr8 = fixed("macaddr8", 8, (bytes, start) => colonHex(bytes, start, 8));
