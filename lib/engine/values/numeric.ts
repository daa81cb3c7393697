import { type Decode, FieldReader, malformed } from "./field.ts";

const SPECIAL: ReadonlyMap<number, string> = new Map([
  [0xc000, "NaN"],
  [0xd000, "Infinity"],
  [0xf000, "-Infinity"],
]);
const NEGATIVE = 0x4000;
const GROUP_DIGITS = 4;
const SCALE_MAX = 0x3fff;

const PADDED = Array.from({ length: 10_000 }, (_, group) => String(group).padStart(GROUP_DIGITS, "0"));

/**
 * A numeric is groups of four decimal digits: count, weight (power of 10000 of the first group), sign, display scale,
 * groups. Zero groups at both ends are left out; the scale says how many decimals are shown.
 */
export const numeric: Decode = (bytes, start, end) => {
  const field = new FieldReader("numeric", bytes, start, end);
  const count = field.uint16();
  const weight = (field.uint16() << 16) >> 16;
  const sign = field.uint16();
  const scale = field.uint16();
  const groups = field.skip(count * 2);
  field.finish();
  const special = SPECIAL.get(sign);
  if (special !== undefined) return special;
  if ((sign !== 0 && sign !== NEGATIVE) || scale > SCALE_MAX) throw malformed("numeric");

  /** Groups [from, to) counted from the first one stored; those that are not stored are zero. */
  const digits = (from: number, to: number): string => {
    const first = Math.max(from, 0);
    const last = Math.min(to, count);
    if (first >= last) return "0".repeat((to - from) * GROUP_DIGITS);
    let stored = "";
    for (let group = first; group < last; group++) {
      const padded = PADDED[bytes.readUInt16BE(groups + group * 2)];
      if (padded === undefined) throw malformed("numeric");
      stored += padded;
    }
    return "0".repeat((first - from) * GROUP_DIGITS) + stored + "0".repeat((to - last) * GROUP_DIGITS);
  };

  const point = weight + 1;
  const whole = point > 0 ? withoutLeadingZeros(digits(0, point)) : "0";
  const decimals = scale > 0 ? digits(point, point + Math.ceil(scale / GROUP_DIGITS)).slice(0, scale) : "";
  return `${sign === NEGATIVE ? "-" : ""}${whole}${scale > 0 ? "." : ""}${decimals}`;
};

const withoutLeadingZeros = (digits: string): string => {
  let from = 0;
  while (from < digits.length - 1 && digits.charCodeAt(from) === 0x30) from++;
  return digits.slice(from);
};
