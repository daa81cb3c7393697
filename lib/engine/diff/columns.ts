import type { TableDifference } from "../../model/difference.ts";
import type { RowFormat, TableColumn, TableFacts } from "../../model/table.ts";
import { FRAME_HEAD_BYTES } from "../frames.ts";
import { binaryFields, textFields } from "../values/row-fields.ts";
import { textOf } from "../values/text-of.ts";

/** A column that both sides have, by name. */
export interface CommonColumn {
  readonly name: string;
  readonly a: number;
  readonly b: number;
  /** Whether equal bytes and equal values are the same thing; else their texts are compared. */
  readonly byBytes: boolean;
}

export type ColumnChanges = Pick<TableDifference, "columnsAdded" | "columnsDropped" | "columnsRetyped">;

/** How rows of two sides of a table are compared: the columns they have in common, each by its bytes or its text. */
export class Columns {
  readonly common: readonly CommonColumn[];
  readonly changes: ColumnChanges;
  /** Equal bytes are equal rows: chunks, layers and whole rows may be compared without a look inside. */
  readonly aligned: boolean;
  readonly #a: TableFacts;
  readonly #b: TableFacts;

  constructor(a: TableFacts, b: TableFacts) {
    this.#a = a;
    this.#b = b;
    const placeInB = new Map(b.columns.map((column, i) => [column.name, i]));
    const namesOfA = new Set(a.columns.map((column) => column.name));
    this.common = a.columns.flatMap((column, i) => {
      const place = placeInB.get(column.name);
      if (place === undefined) return [];
      const sameWire = column.wireTypeOid === b.columns[place]?.wireTypeOid;
      return [
        { name: column.name, a: i, b: place, byBytes: a.format === b.format && (sameWire || a.format === "text") },
      ];
    });
    this.aligned = a.format === b.format && this.common.every((column) => column.byBytes && column.a === column.b);
    this.changes = {
      columnsAdded: b.columns.flatMap(({ name }) => (namesOfA.has(name) ? [] : [name])),
      columnsDropped: a.columns.flatMap(({ name }) => (placeInB.has(name) ? [] : [name])),
      columnsRetyped: this.common.flatMap((column) => {
        const [from, to] = [a.columns[column.a]?.type ?? "", b.columns[column.b]?.type ?? ""];
        return from === to ? [] : [{ name: column.name, a: from, b: to }];
      }),
    };
  }

  /** Places in `common` of the columns in which two rows differ. */
  differing(a: Buffer, b: Buffer): readonly number[] {
    if (this.aligned && a.equals(b)) return [];
    const fieldsA = rawFields(this.#a.format, a);
    const fieldsB = rawFields(this.#b.format, b);
    // Texts of a text row are unescaped all at once, and only where bytes cannot decide.
    const texts = { a: lazily(() => this.texts("a", a)), b: lazily(() => this.texts("b", b)) };
    const places: number[] = [];
    this.common.forEach((column, place) => {
      const x = fieldsA[column.a];
      const y = fieldsB[column.b];
      const same =
        x === undefined || y === undefined
          ? x === y
          : column.byBytes
            ? x.equals(y)
            : texts.a()[column.a] === texts.b()[column.b];
      if (!same) places.push(place);
    });
    return places;
  }

  /** Bytes that are equal for rows that are equal in every common column, whichever side they come from. */
  canonical(side: "a" | "b", frame: Buffer): Buffer {
    if (this.aligned && this.changes.columnsAdded.length + this.changes.columnsDropped.length === 0) return frame;
    const texts = this.texts(side, frame);
    return Buffer.from(JSON.stringify(this.common.map((column) => texts[column[side]] ?? null)), "utf8");
  }

  /** The values of a row as text, null for NULL, in the order of its side's columns. */
  texts(side: "a" | "b", frame: Buffer): readonly (string | null)[] {
    const facts = side === "a" ? this.#a : this.#b;
    if (facts.format === "text") return textFields(frame).map((text) => text ?? null);
    return binaryFields(frame).map((field, i) => {
      const column = facts.columns[i] as TableColumn;
      return field === undefined ? null : textOf(column.wireTypeOid, field);
    });
  }
}

const lazily = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => (made ??= make());
};

const TAB = 0x09;

/** The fields of a row as their bytes lie there (text: still escaped), undefined for NULL: for comparing within one format. */
const rawFields = (format: RowFormat, frame: Buffer): readonly (Buffer | undefined)[] => {
  if (format === "binary") return binaryFields(frame);
  const fields: (Buffer | undefined)[] = [];
  const last = frame.length - 1;
  for (let start = FRAME_HEAD_BYTES; start <= last; ) {
    const tab = frame.indexOf(TAB, start);
    const end = tab < 0 ? last : tab;
    const field = frame.subarray(start, end);
    fields.push(field.length === 2 && field[0] === 0x5c && field[1] === 0x4e ? undefined : field);
    start = end + 1;
  }
  return fields;
};
