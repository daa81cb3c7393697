import { Failure } from "../model/errors.ts";
import { type BusinessDay, dayClass, type RowAge } from "../model/row-age.ts";
import type { RowSlice, TableColumn } from "../model/table.ts";
import type { RangeDigest, SourceView } from "../ports/source-database.ts";
import type { FoundTable } from "./plan-capture.ts";

const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;

export interface AgeDivision {
  readonly view: Pick<SourceView, "ageDigests">;
  /** By class; tables of others stay whole. */
  readonly ages: ReadonlyMap<string, RowAge>;
  /** As of CaptureOptions. */
  readonly roles: ReadonlyMap<string, string>;
  /** Seed of the hashes of a class's keys. */
  readonly seedOf: (className: string) => Promise<string>;
  /** Horizon of the point before; without one, the end of the view's own snapshot. */
  readonly since: string;
  readonly warn: (message: string) => void;
}

/**
 * Divides the tables of classes whose rows leave by their age: a slice for each day that has rows, in the part of that day,
 * and one for the rows of no day yet, in the class's own part. That one is there, and read, also when it is empty: a table that
 * was truncated since the snapshot looks like one without rows, and reading it tells.
 *
 * One scan digests all slices, so that the days that nothing happened to since the point before are not read again.
 *
 * @throws ROW_AGE_UNKNOWN  a table has no such column, or one that is no date
 */
export const divideByAge = async (
  { view, ages, roles, seedOf, since, warn }: AgeDivision,
  tables: readonly FoundTable[],
): Promise<readonly FoundTable[]> => {
  const divided: FoundTable[] = [];
  for (const table of tables) {
    const age = ages.get(table.class);
    if (age === undefined) {
      divided.push(table);
      continue;
    }
    const { facts } = table;
    const column = columnOf(table, age);
    const starts = [...age.days, age.next].map((day) => startIn(column, day));
    const role = roles.get(table.class);
    const query = { table: facts, role, column: column.name, starts, seed: await seedOf(table.class), since };
    const [before, ...digests] = (await view.ageDigests(query)) as [RangeDigest, ...RangeDigest[]];
    const older = before.rows;
    if (older > 0)
      warn(
        `table ${facts.schema}.${facts.name}: ${older} rows are from before ${(age.days[0] ?? age.next).day} and not captured: class ${table.class} does not keep them so long`,
      );
    const total = Math.max(
      1,
      digests.reduce((sum, { rows }) => sum + rows, older),
    );
    const slice = (className: string, rows: number, own: RowSlice): FoundTable => ({
      class: className,
      facts: { ...facts, slice: own },
      size: { ...table.size, rows, bytes: Math.round((table.size.bytes * rows) / total) },
    });
    age.days.forEach(({ day }, i) => {
      const [digest, from, to] = [digests[i] as RangeDigest, starts[i] as string, starts[i + 1] as string];
      const own = slice(dayClass(table.class, day), digest.rows, { column: column.name, day, from, to });
      if (digest.rows > 0) divided.push({ ...own, digest });
    });
    const rows = (digests.at(-1) as RangeDigest).rows;
    divided.push(slice(table.class, rows, { column: column.name, from: starts.at(-1) as string }));
  }
  return divided;
};

const columnOf = ({ facts, class: className }: FoundTable, age: RowAge): TableColumn => {
  const column = facts.columns.find(({ name }) => name === age.column);
  const table = `table ${facts.schema}.${facts.name}`;
  if (column === undefined)
    throw new Failure(
      "ROW_AGE_UNKNOWN",
      `${table} has no stored column ${age.column}, by which the rows of class ${className} leave`,
    );
  if (![DATE, TIMESTAMP, TIMESTAMPTZ].includes(column.wireTypeOid))
    throw new Failure(
      "ROW_AGE_UNKNOWN",
      `column ${age.column} of ${table}, by which the rows of class ${className} leave, is ${column.type}: it must be a date, timestamp or timestamptz`,
    );
  return column;
};

/** Only timestamptz is an instant; a date or a timestamp says what a clock on the wall of the business shows. */
const startIn = ({ wireTypeOid }: TableColumn, { day, startsAt }: BusinessDay): string =>
  wireTypeOid === TIMESTAMPTZ ? new Date(startsAt).toISOString() : day;
