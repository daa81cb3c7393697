import type { EpochMs } from "../../lib/model/units.ts";
import { AGED_CLASS } from "./policy.ts";
import { earliestEnd } from "./promised-end.ts";
import type { SeenEvent } from "./shop.ts";

/** When a day begins, and when its rows must be gone. */
interface DayTerm {
  readonly day: string;
  readonly from: EpochMs;
  readonly ends: EpochMs;
}

/** Rows that a point must show in one part, and when they must be gone. */
interface Slice extends Omit<DayTerm, "day"> {
  readonly class: string;
  readonly rows: readonly SeenEvent[];
}

/**
 * How the guide says that a capture divides rows by their age: those of each day that is not to go yet are a part, if there are
 * any; those of no day yet are the class's own and go with the day after the capture; older ones are in none.
 * @param days  some before the capture, in order; the last one is the day after it
 */
export const slicesOf = (
  events: readonly SeenEvent[],
  days: readonly DayTerm[],
  startedAt: EpochMs,
): readonly Slice[] => {
  const next = days.at(-1) as DayTerm;
  const slices = days.slice(0, -1).flatMap((term) => {
    const rows = events.filter(({ day }) => day === term.day);
    const isDue = earliestEnd(term.from, term.ends) <= startedAt;
    return isDue || rows.length === 0 ? [] : [{ ...term, class: `${AGED_CLASS}_${term.day}`, rows }];
  });
  // `infinity` comes after all days.
  const dayless = events.filter(({ day }) => day === null || day >= next.day);
  return [...slices, { ...next, class: AGED_CLASS, rows: dayless }];
};
