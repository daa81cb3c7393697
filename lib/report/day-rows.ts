import type { PartId } from "../model/audit.ts";
import { classWords, groupBy, placeWords } from "../model/part-groups.ts";
import { partClass } from "../model/row-age.ts";

/**
 * Rows as a person reads them: those of one day's parts, which are in many points, as one row of that many points. What tells
 * of each part is in JSON and CSV.
 * @param alike  rows of a day of which this differs stay apart
 * @param merge  the row that stands for several, but for its part
 */
export const mergeDays = <Row extends { readonly part: PartId }>(
  rows: readonly Row[],
  alike: (row: Row) => string,
  merge: (group: readonly [Row, ...Row[]]) => Row,
): readonly Row[] =>
  groupBy(rows, (row) => {
    const { store, class: name } = row.part;
    return partClass(name).day === undefined ? undefined : JSON.stringify([store, name, alike(row)]);
  }).map((group) => {
    const { store, class: name } = group[0].part;
    const row = group.length === 1 ? group[0] : merge(group);
    return { ...row, part: { store, id: placeWords(group.map((one) => one.part)), class: classWords([name]).join() } };
  });

/** The row of which a number is the greatest. */
export const most = <Row>(rows: readonly [Row, ...Row[]], number: (row: Row) => number): Row =>
  rows.reduce((best, row) => (number(row) > number(best) ? row : best));

export const sumOf = <Row>(rows: readonly Row[], number: (row: Row) => number): number =>
  rows.reduce((sum, row) => sum + number(row), 0);
