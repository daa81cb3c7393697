import type { PartTable } from "../model/point.ts";
import type { TableFacts } from "../model/table.ts";
import type { PlainReader } from "../ports/plain-reader.ts";
import { frameEnd } from "./frames.ts";
import type { LayerSource } from "./layers.ts";
import { readTable } from "./read-table.ts";
import { binaryFields, textFields } from "./values/row-fields.ts";
import { textOf } from "./values/text-of.ts";

/** How a table of a point compares with a restored copy of it, row by row. */
export interface PlainComparison {
  readonly rows: number;
  /** Rows at the same place that are not the same; rows that only one side has count too. */
  readonly different: number;
}

/**
 * Compares a table of a point with a restored copy, value by value as text. The copy is read by SELECT, the point through
 * our own decoding of PostgreSQL's binary values: neither COPY nor a digest stands between.
 *
 * @param progress  rows compared since the last call
 * @throws OBJECT_*, DATABASE_*, and the signal's reason
 */
export const comparePlain = (
  source: LayerSource,
  table: PartTable,
  reader: PlainReader,
  progress: (rows: number) => void,
  signal: AbortSignal,
): Promise<PlainComparison> => compareFrames(readTable(source, table), table.facts, reader, progress, signal);

/** The same of rows that come as frames, wherever they lie, in the order in which they were captured. */
export const compareFrames = async (
  captured: AsyncIterable<Buffer>,
  table: TableFacts,
  reader: PlainReader,
  progress: (rows: number) => void,
  signal: AbortSignal,
): Promise<PlainComparison> => {
  const copy = reader.rows(table)[Symbol.asyncIterator]();
  let rows = 0;
  let different = 0;
  try {
    for await (const frames of captured) {
      signal.throwIfAborted();
      const before = rows;
      for (let at = 0; at < frames.length; ) {
        const end = frameEnd(frames, at);
        const next = await copy.next();
        if (next.done === true || !sameTexts(textsOf(table, frames.subarray(at, end)), next.value)) different++;
        rows++;
        at = end;
      }
      progress(rows - before);
    }
    for (let next = await copy.next(); next.done !== true; next = await copy.next()) different++;
  } finally {
    await copy.return?.();
  }
  return { rows, different };
};

const textsOf = ({ format, columns }: TableFacts, frame: Buffer): readonly (string | null)[] => {
  if (format === "text") {
    // COPY cannot tell a row without columns from one empty value; the columns do.
    return columns.length === 0 ? [] : textFields(frame).map((text) => text ?? null);
  }
  return binaryFields(frame).map((field, i) =>
    field === undefined ? null : textOf(columns[i]?.wireTypeOid ?? 0, field),
  );
};

const sameTexts = (a: readonly (string | null)[], b: readonly (string | null)[]): boolean =>
  a.length === b.length && a.every((text, i) => text === b[i]);
