import { type Decode, FieldReader, malformed } from "./field.ts";
import { hasSpecial } from "./quoting.ts";

const EMPTY = 0x01;
const LOWER_INCLUSIVE = 0x02;
const UPPER_INCLUSIVE = 0x04;
const LOWER_UNBOUNDED = 0x08;
const UPPER_UNBOUNDED = 0x10;
const FLAGS_MAX = 0x1f;

/** `[1,10)`, `["2026-01-01 00:00:00",)`, `empty`; a side without a bound is empty and its bracket round. */
export const rangeDecoder = (type: string, bound: Decode): Decode => {
  const boundText = (field: FieldReader): string => {
    const length = field.int32();
    const start = field.skip(length);
    const text = bound(field.bytes, start, start + length);
    if (text !== "" && !hasSpecial(text, "()[],")) return text;
    return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '""')}"`;
  };

  return (bytes, start, end) => {
    const field = new FieldReader(type, bytes, start, end);
    const flags = field.uint8();
    if (flags > FLAGS_MAX) throw malformed(type);
    if ((flags & EMPTY) !== 0) {
      field.finish();
      return "empty";
    }
    const lower = (flags & LOWER_UNBOUNDED) === 0 ? boundText(field) : "";
    const upper = (flags & UPPER_UNBOUNDED) === 0 ? boundText(field) : "";
    field.finish();
    return `${flags & LOWER_INCLUSIVE ? "[" : "("}${lower},${upper}${flags & UPPER_INCLUSIVE ? "]" : ")"}`;
  };
};
