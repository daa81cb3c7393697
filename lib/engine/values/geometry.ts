import { type Decode, FieldReader, malformed } from "./field.ts";
import { float8Text } from "./float.ts";

const POINT_BYTES = 16;

const shape =
  (type: string, print: (field: FieldReader) => string): Decode =>
  (bytes, start, end) => {
    const field = new FieldReader(type, bytes, start, end);
    const text = print(field);
    field.finish();
    return text;
  };

const number = (field: FieldReader): string => float8Text(field.float8());
const pointText = (field: FieldReader): string => `(${number(field)},${number(field)})`;

const pointList = (field: FieldReader): string => {
  const count = field.int32();
  if (count < 1 || count * POINT_BYTES !== field.left) throw malformed(field.type);
  let text = pointText(field);
  for (let index = 1; index < count; index++) text += `,${pointText(field)}`;
  return text;
};

export const point = shape("point", pointText);
export const lseg = shape("lseg", (field) => `[${pointText(field)},${pointText(field)}]`);
export const box = shape("box", (field) => `${pointText(field)},${pointText(field)}`);
export const line = shape("line", (field) => `{${number(field)},${number(field)},${number(field)}}`);
export const circle = shape("circle", (field) => `<${pointText(field)},${number(field)}>`);
export const polygon = shape("polygon", (field) => `(${pointList(field)})`);

export const path = shape("path", (field) => {
  const closed = field.uint8();
  if (closed > 1) throw malformed("path");
  return closed === 1 ? `(${pointList(field)})` : `[${pointList(field)}]`;
});
