import { type Decode, FieldReader, malformed } from "./field.ts";

/** The two high bits of a position are its weight: D (not printed), C, B, A. */
const WEIGHTS = ["", "C", "B", "A"] as const;
const POSITION_BITS = 14;
const POSITION_MASK = (1 << POSITION_BITS) - 1;
/** A lexeme takes at least its NUL and its number of positions. */
const LEXEME_BYTES_MIN = 3;

/** Lexemes in quotes (quotes and backslashes doubled), each with its positions: `'cat':1A,3 'it''s':2`. */
export const tsvector: Decode = (bytes, start, end) => {
  const field = new FieldReader("tsvector", bytes, start, end);
  const count = field.int32();
  if (count < 0 || count * LEXEME_BYTES_MIN > field.left) throw malformed("tsvector");
  let text = "";
  for (let index = 0; index < count; index++) {
    const lexeme = field.cstring().replaceAll("\\", "\\\\").replaceAll("'", "''");
    text += `${index === 0 ? "" : " "}'${lexeme}'`;
    const positions = field.uint16();
    for (let at = 0; at < positions; at++) {
      const encoded = field.uint16();
      text += `${at === 0 ? ":" : ","}${encoded & POSITION_MASK}${WEIGHTS[encoded >> POSITION_BITS]}`;
    }
  }
  field.finish();
  return text;
};
