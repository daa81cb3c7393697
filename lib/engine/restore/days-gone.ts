import type { Part, Point } from "../../model/point.ts";
import { dayClass, partClass } from "../../model/row-age.ts";
import type { WholeTable } from "./whole-tables.ts";

/**
 * Which rows a restore of a point does not bring back because of their age: a sentence for each class that tables are of and
 * whose rows leave by it.
 *
 * @param parts  those that can be read
 */
export const daysGone = (
  point: Point,
  parts: readonly Part[],
  tables: readonly Pick<WholeTable, "sources">[],
): readonly string[] => {
  const there = new Set(parts.map((part) => part.class));
  const had = new Set([...point.parts, ...(point.expired ?? [])].map((part) => part.class));
  const classes = new Set(tables.flatMap(({ sources }) => sources.map((source) => partClass(source.class).class)));
  return (point.rowAges ?? [])
    .filter((age) => classes.has(age.class))
    .map(({ class: name, column, days, next }) => {
      // A day without rows has no part and so divides nothing.
      const withRows = days.map(({ day }) => day).filter((day) => had.has(dayClass(name, day)));
      const gone = spansOf(withRows, (day) => !there.has(dayClass(name, day)));
      const before = `class ${name}: rows whose ${column} is before ${(days[0] ?? next).day} were not captured`;
      return gone.length === 0 ? before : `${before}, and those of ${gone.join(", ")} have left since, by their age`;
    });
};

/** What a condition holds for, neighbours together: `2026-11-18 to 2026-11-20`. */
const spansOf = (days: readonly string[], isIn: (day: string) => boolean): readonly string[] => {
  const spans: string[][] = [];
  let open: string[] | undefined;
  for (const day of days) {
    if (!isIn(day)) open = undefined;
    else if (open !== undefined) open.push(day);
    else spans.push((open = [day]));
  }
  return spans.map((span) => (span.length === 1 ? `${span[0]}` : `${span[0]} to ${span.at(-1)}`));
};
