import type { LeftOut } from "../../model/difference.ts";
import type { RowAge } from "../../model/row-age.ts";

/** How the rows of a class are divided by their age on one side. */
export interface SideDays {
  /** The side in words. */
  readonly side: string;
  /** Undefined where its tables are whole. */
  readonly age: RowAge | undefined;
  /** Days whose part has expired. */
  readonly gone: ReadonlySet<string>;
}

/** The rows that both sides can tell about. */
export interface CommonDays {
  /** Whether rows of a day, or undefined for those of no day yet, are compared. */
  readonly has: (day: string | undefined) => boolean;
  readonly any: boolean;
  readonly leftOut: readonly Omit<LeftOut, "class">[];
}

/**
 * Which rows of two sides can be compared: what has left one of them by its age is left out of both, or it would count as
 * missing or extra. Rows of the side that was divided first which had no day yet may have one on the other: they are compared
 * with all of that side's later days, or not at all.
 *
 * @returns in words why nothing can be, if not
 */
export const commonDays = (a: SideDays, b: SideDays): CommonDays | string => {
  if (a.age === undefined && b.age === undefined) return { has: () => true, any: true, leftOut: [] };
  if (a.age === undefined || b.age === undefined) return "its rows are divided by age on one side only";
  if (!isSameDivision(a.age, b.age)) return "its rows are divided by age in another way";
  const next = a.age.next.day < b.age.next.day ? a.age.next.day : b.age.next.day;
  const days = [...new Set([...a.age.days, ...b.age.days].map(({ day }) => day))]
    .filter((day) => day < next)
    .toSorted();
  const whyNot = new Map(days.map((day) => [day, whyDayIsOut(b, day) ?? whyDayIsOut(a, day)]));
  const whyNotLater = whyLaterIsOut(b, next) ?? whyLaterIsOut(a, next);
  const leftOut = runsOf(whyNot);
  if (whyNotLater !== undefined) leftOut.push({ days: { first: next, last: null }, because: whyNotLater });
  return {
    has: (day) =>
      day === undefined || day >= next ? whyNotLater === undefined : whyNot.has(day) && whyNot.get(day) === undefined,
    any: whyNotLater === undefined || days.some((day) => whyNot.get(day) === undefined),
    leftOut,
  };
};

/** Days that follow each other and are left out for the same reason, together. */
const runsOf = (whyNot: ReadonlyMap<string, string | undefined>): Omit<LeftOut, "class">[] => {
  const runs: { readonly first: string; last: string; readonly because: string | undefined }[] = [];
  for (const [day, because] of whyNot) {
    const run = runs.at(-1);
    if (run !== undefined && run.because === because) run.last = day;
    else runs.push({ first: day, last: day, because });
  }
  return runs.flatMap(({ because, ...days }) => (because === undefined ? [] : [{ days, because }]));
};

/** By the same column, with days that begin at the same instants. */
const isSameDivision = (a: RowAge, b: RowAge): boolean => {
  const starts = new Map([...a.days, a.next].map(({ day, startsAt }) => [day, startsAt]));
  const same = [...b.days, b.next].every(({ day, startsAt }) => (starts.get(day) ?? startsAt) === startsAt);
  return a.column === b.column && same;
};

const firstDay = ({ age }: SideDays): string => (age?.days[0] ?? age?.next)?.day ?? "";

const whyDayIsOut = (side: SideDays, day: string): string | undefined => {
  if (day < firstDay(side)) return `they had left by their age when ${side.side} was taken`;
  return side.gone.has(day) ? `they have left ${side.side}` : undefined;
};

const whyLaterIsOut = (side: SideDays, next: string): string | undefined => {
  if (firstDay(side) > next) return `some of them had left by their age when ${side.side} was taken`;
  return [...side.gone].some((day) => day >= next) ? `some of them have left ${side.side}` : undefined;
};
