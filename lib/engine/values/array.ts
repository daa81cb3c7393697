import { type Decode, FieldReader, malformed } from "./field.ts";
import { hasSpecial } from "./quoting.ts";

const DIMENSIONS_MAX = 6;
const LENGTH_BYTES = 4;

interface ElementType {
  readonly name: string;
  readonly oid: number;
  readonly decode: Decode;
}

/** Only box has a delimiter of its own: its text has commas. */
const delimiterOf = (element: ElementType): string => (element.name === "box" ? ";" : ",");

/** `{a,"b c",NULL}`, nested for more dimensions, with the bounds in front where one of them does not start at 1. */
export const arrayDecoder = (element: ElementType): Decode => {
  const type = `${element.name}[]`;
  const delimiter = delimiterOf(element);
  const special = `{}${delimiter}`;

  const elementText = (field: FieldReader): string => {
    const length = field.int32();
    if (length === -1) return "NULL";
    const start = field.skip(length);
    const text = element.decode(field.bytes, start, start + length);
    const isNull = text.length === 4 && text.toUpperCase() === "NULL";
    if (text !== "" && !isNull && !hasSpecial(text, special)) return text;
    return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  };

  const nested = (field: FieldReader, sizes: readonly number[], dimension: number): string => {
    const innermost = dimension === sizes.length - 1;
    let text = "{";
    for (let index = 0; index < (sizes[dimension] ?? 0); index++) {
      if (index > 0) text += delimiter;
      text += innermost ? elementText(field) : nested(field, sizes, dimension + 1);
    }
    return `${text}}`;
  };

  return (bytes, start, end) => {
    const field = new FieldReader(type, bytes, start, end);
    const dimensions = field.int32();
    const flags = field.int32();
    if (dimensions < 0 || dimensions > DIMENSIONS_MAX || flags < 0 || flags > 1) throw malformed(type);
    if (field.uint32() !== element.oid) throw malformed(type);
    const sizes: number[] = [];
    let bounds = "";
    let fromOne = true;
    let count = 1;
    for (let dimension = 0; dimension < dimensions; dimension++) {
      const size = field.int32();
      const lower = field.int32();
      if (size < 0) throw malformed(type);
      sizes.push(size);
      count *= size;
      if (lower !== 1) fromOne = false;
      bounds += `[${lower}:${lower + size - 1}]`;
    }
    if (dimensions === 0 || count === 0) {
      field.finish();
      return "{}";
    }
    if (count * LENGTH_BYTES > field.left) throw malformed(type);
    const text = nested(field, sizes, 0);
    field.finish();
    return fromOne ? text : `${bounds}=${text}`;
  };
};
